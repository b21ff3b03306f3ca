// Package gin lets gin's requests through that present a token which may do what they need.
package gin

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"keycask.invalid/go"
)

// Middleware is [keycask.Middleware] for gin. [keycask.FromContext] of the request's context is
// the grant.
func Middleware(
	store *keycask.Store, realm keycask.Realm, options ...keycask.Option,
) gin.HandlerFunc {
	return adapted(keycask.Middleware(store, realm, options...))
}

// RequireScopes is [keycask.RequireScopes] for gin. It panics if there is no scope.
func RequireScopes(scopes keycask.Scopes) gin.HandlerFunc {
	return adapted(keycask.RequireScopes(scopes))
}

func adapted(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		let := false
		next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			let = true
			c.Request = r
			c.Next()
		})
		middleware(next).ServeHTTP(c.Writer, c.Request)
		if !let {
			c.Abort()
		}
	}
}
