module keycask.dev/go

go 1.25
