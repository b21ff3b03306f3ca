//! How an error names a text that is not what it should be.

/// Names what should be a `what` and is none. A long text may be a token, given in its place, and
/// is not quoted.
pub(crate) fn no_such(what: &str, text: &str) -> String {
    no_such_if(what, text, false)
}

/// Likewise, but one that `is_like` what it should be, as no token is, is quoted if it is no longer
/// than one that is right.
pub(crate) fn no_such_if(what: &str, text: &str, is_like: bool) -> String {
    match text.len() {
        ..=20 => format!("{what} {text:?}"),
        ..=48 if is_like => format!("{what} {text:?}"),
        long => format!("{what} of {long} bytes"),
    }
}
