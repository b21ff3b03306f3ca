//! What is not shown again of the arguments: a token that was typed as one by mistake.

/// Fewest characters that a token ends with: the shortest body.
const BODY: usize = 22;

const INSTEAD: &str =
    "(not shown: it may be a token; tokens are read from standard input or a file)";

/// `text` without those of this process's arguments that may be tokens.
pub(crate) fn redacted(text: &str) -> String {
    // What is not UTF-8 is no token.
    hide(text, std::env::args_os().skip(1).filter_map(|argument| argument.into_string().ok()))
}

fn hide(text: &str, arguments: impl Iterator<Item = String>) -> String {
    arguments.fold(text.to_owned(), |text, argument| {
        let value = argument.split_once('=').map_or(argument.as_str(), |(_, value)| value);
        if may_be_token(value) { text.replace(value, INSTEAD) } else { text }
    })
}

/// Whether `argument` is spelled as a prefix and a body are.
fn may_be_token(argument: &str) -> bool {
    let is_of_prefix = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let bytes = argument.as_bytes();
    let body = bytes.len().checked_sub(BODY).and_then(|start| bytes.get(start..));
    body.is_some_and(|body| body.iter().all(u8::is_ascii_alphanumeric))
        && bytes.len() > BODY
        && bytes.iter().all(|byte| is_of_prefix(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown_and_other_arguments_are() {
        let token = "sg_live_I51ipDNuuOjqNTC8ZRhSaHa8Of11Uj";
        let others =
            ["key_6H0FJ60NGGNXQ", "550e8400-e29b-41d4-a716-446655440000", "--realm", "seogeo"];
        for given in [token.to_owned(), format!("--token-file={token}")] {
            let arguments = || others.iter().map(ToString::to_string).chain([given.clone()]);
            let said = |text: &str| hide(text, arguments());
            assert_eq!(said(&format!("{token} is none")), format!("{INSTEAD} is none"));
            for other in others {
                assert_eq!(said(other), other);
            }
        }
    }
}
