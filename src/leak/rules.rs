//! Rules by which other scanners find a realm's tokens.
//!
//! What they have in common: a prefix and then so many characters of `0-9A-Za-z`, between
//! characters that are none of these. No expression looks ahead or behind, which neither RE2
//! (gitleaks, trufflehog) nor Hyperscan (GitHub) does, and none can say that a checksum is right:
//! [`Scanner`](super::Scanner) can.

use std::fmt::Write;

use crate::realm::{Kind, Realm};
use crate::token::Shape;

/// For which scanner rules are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RuleFormat {
    /// The TOML of gitleaks 8, beside the rules that it comes with.
    Gitleaks,
    /// The YAML of trufflehog 3, a custom detector a kind.
    Trufflehog,
    /// The fields of a custom pattern of GitHub's secret scanning, as YAML. An organisation has
    /// 500 of them at most and a repository 100 (docs.github.com, "Custom patterns reference").
    Github,
}

/// What stands before a token: nothing, or what is no character of one, or a line end or tab as
/// strings of many languages have it.
const BEFORE: &str = r"(?:\b|_|\\[nrt])";

/// What stands behind it.
const AFTER: &str = "(?:[^0-9A-Za-z]|$)";

impl RuleFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Gitleaks, Self::Trufflehog, Self::Github];

    /// The format's name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Trufflehog => "trufflehog",
            Self::Github => "github",
        }
    }

    /// A whole file of rules, one for each kind of `realms`.
    #[must_use]
    pub fn rules<'r>(self, realms: impl IntoIterator<Item = &'r Realm>) -> String {
        let mut text = self.head().to_owned();
        for realm in realms {
            for kind in realm.kinds() {
                self.rule(&mut text, realm, kind);
            }
        }
        text
    }

    const fn head(self) -> &'static str {
        match self {
            Self::Gitleaks => "[extend]\nuseDefault = true\n",
            Self::Trufflehog => "detectors:\n",
            Self::Github => "",
        }
    }

    /// Writes the rule for `kind`. Names and prefixes have no character that any of the formats
    /// would have to quote. Neither name has what stands between them, so that no two rules are
    /// called the same; and it is no colon, at which gitleaks takes fingerprints apart.
    fn rule(self, text: &mut String, realm: &Realm, kind: &Kind) {
        let (realm, name, shape) = (realm.name(), kind.name.as_str(), &kind.shape);
        let (token, entropy) = (expression(shape), entropy(shape));
        let keyword = shape.prefix().to_ascii_lowercase();
        let written = match self {
            Self::Gitleaks => write!(
                text,
                "\n[[rules]]\n\
                 id = \"{realm}/{name}\"\n\
                 description = \"API key of {realm}, kind {name}\"\n\
                 regex = '''{BEFORE}({token}){AFTER}'''\n\
                 secretGroup = 1\n\
                 entropy = {entropy:.1}\n\
                 keywords = [\"{keyword}\"]\n"
            ),
            Self::Trufflehog => write!(
                text,
                "  - name: \"{realm}/{name}\"\n    \
                 keywords: [\"{keyword}\"]\n    \
                 regex:\n      \
                 token: '{BEFORE}({token}){AFTER}'\n    \
                 entropy: {entropy:.1}\n"
            ),
            Self::Github => write!(
                text,
                "- name: \"{realm} {name}\"\n  \
                 secret_format: '{token}'\n  \
                 before_secret: '\\A|[^0-9A-Za-z]'\n  \
                 after_secret: '\\z|[^0-9A-Za-z]'\n  \
                 test_string: '{}'\n",
                sample(shape)
            ),
        };
        debug_assert!(written.is_ok(), "a string takes all that is written to it");
    }
}

/// What matches the tokens of a shape, and what differs from one by its checksum alone. A hyphen
/// is the only character of a prefix that means something in expressions, and only in a class.
fn expression(shape: &Shape) -> String {
    let rest = shape.token_len().saturating_sub(shape.prefix().len());
    format!("{}[0-9A-Za-z]{{{rest}}}", shape.prefix())
}

/// A token of the shape that is nobody's. Its digits are out of order: what has the alphabet in
/// it, scanners take for a placeholder.
fn sample(shape: &Shape) -> String {
    const STEP: usize = 17;
    let digits = ('0'..='9').chain('A'..='Z').chain('a'..='z').cycle().step_by(STEP);
    shape.with_body(&digits.take(shape.body_len()).collect::<String>())
}

/// Shannon's entropy, in bits a character, that the tokens of the shape have more of: that of
/// its prefix and a body in which eight characters take turns, less a tenth. Random bodies have
/// more: of 22 digits, fewer than ten differ in one of a billion bodies.
fn entropy(shape: &Shape) -> f64 {
    let turns = "01234567".bytes().cycle().take(shape.body_len());
    let text: Vec<u8> = shape.prefix().bytes().chain(turns).collect();
    let whole = text.len() as f64;
    let share = |byte: u8| text.iter().filter(|other| **other == byte).count() as f64 / whole;
    let shares = (0..=u8::MAX).map(share).filter(|share| *share > 0.0);
    let bits: f64 = shares.map(|share| -share * share.log2()).sum();
    (bits * 10.0 - 1.0).floor().max(0.0) / 10.0
}
