//! An answer that is there already, or that of the service inside.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, Response};
use pin_project_lite::pin_project;

use super::gate::{Refused, add};

pin_project! {
    /// The answer of a service of this crate: there at once for a request that does not go on, that
    /// of the service inside for others.
    pub struct AnswerFuture<F, R> {
        #[pin]
        state: State<F, R>,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, R> {
        Inside { #[pin] future: F, fields: HeaderMap },
        There { response: Option<Response<R>> },
    }
}

impl<F, R> AnswerFuture<F, R> {
    /// That of the service inside, which gets `fields`.
    pub(super) const fn inside(future: F, fields: HeaderMap) -> Self {
        Self { state: State::Inside { future, fields } }
    }

    /// That of a request that does not go on.
    pub(super) fn refused(refused: Refused) -> Self
    where
        R: From<Vec<u8>>,
    {
        Self { state: State::There { response: Some(refused.response()) } }
    }
}

impl<F, R, E> Future for AnswerFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().state.project() {
            Projected::Inside { future, fields } => future.poll(context).map_ok(|mut response| {
                add(fields, response.headers_mut());
                response
            }),
            // Who polls after the end waits for ever.
            Projected::There { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

impl<F, R> std::fmt::Debug for AnswerFuture<F, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerFuture").finish_non_exhaustive()
    }
}
