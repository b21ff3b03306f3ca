module keycask.invalid/go

go 1.25
