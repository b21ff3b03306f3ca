//! Owners, realms, and the file itself.

use maud::{Markup, html};

use super::table::facts;
use crate::report::Report;
use crate::report::realms::RealmRow;
use crate::report::rows::{counted, number};

/// Realms that are told of.
const REALMS: usize = 40;

impl Report {
    pub(super) fn owners(&self) -> Markup {
        let owners = &self.owners;
        html! {
            section #owners {
                h2 { "Owners" }
                p {
                    (counted(owners.total, "owner", "owners")) ". Active keys are counted as the \
                    caps count them: a key and its rotations once, and what has expired or is \
                    suspended not at all."
                }
                p {
                    @if owners.at_cap.total == 0 && owners.near_cap.total == 0 {
                        "Nobody has nine tenths of the active keys that the plan allows."
                    } @else {
                        (counted(owners.at_cap.total, "cap is", "caps are")) " reached, and "
                        (counted(owners.near_cap.total, "more is", "more are")) " nearly."
                    }
                }
                p {
                    "Rates are counted in the serving process alone, and are not in the file. \
                    Credits of quotas that it has taken to hand out count here as used."
                }
            }
        }
    }

    pub(super) fn realms(&self) -> Markup {
        html! {
            section #realms {
                h2 { "Realms" }
                @if self.realms.len() > REALMS {
                    p.cut { "The first " (REALMS) " of " (self.realms.len()) " realms:" }
                }
                div.cards { @for one in self.realms.iter().take(REALMS) { (realm(one)) } }
            }
        }
    }

    pub(super) fn file(&self) -> Markup {
        let file = &self.file;
        let checked = match &file.checked {
            Ok(()) => "every row, each index, the log: as they were written".to_owned(),
            Err(why) => why.clone(),
        };
        let pepper = match (file.pepper.peppered, file.pepper.previous) {
            (false, _) => "none".to_owned(),
            (true, None) => format!("generation {}", file.pepper.generation),
            (true, Some(previous)) => {
                let left = counted(file.pepper.left, "key", "keys");
                format!("generation {}, and {previous} with {left} left", file.pepper.generation)
            }
        };
        let least = match file.min_seq {
            0 => "none was given, so an older file in its place is not noticed".to_owned(),
            least => format!("{}, as was asked for", number(least)),
        };
        let state = match file.stats.unconfirmed {
            true => "restored, and not confirmed",
            false => "takes changes",
        };
        html! {
            section #file {
                h2 { "File" }
                (facts([
                    ("checked", checked),
                    ("seq", number(file.anchor.seq)),
                    ("least seq", least),
                    ("anchor", file.anchor.to_string()),
                    ("store id", file.id()),
                    ("pepper", pepper),
                    ("state", state.to_owned()),
                    ("owners", number(file.stats.owners)),
                    ("keys", number(file.stats.keys)),
                ]))
                p {
                    "Keep the anchor elsewhere: it tells this file from an older one that \
                    somebody puts in its place. When it was last backed up the file does not know."
                }
            }
        }
    }
}

fn realm(realm: &RealmRow) -> Markup {
    let [kinds, scopes, plans] = realm.sizes.map(|size| size as u64);
    html! {
        article {
            h3 { (realm.name) }
            p {
                (counted(kinds, "kind", "kinds")) ", " (counted(scopes, "scope", "scopes")) ", "
                (counted(plans, "plan", "plans"))
            }
            (facts(realm.rules()))
            @if !realm.revealed.is_empty() {
                p { "Tokens of these kinds can be shown again: " (realm.revealed.join(", ")) }
            }
        }
    }
}
