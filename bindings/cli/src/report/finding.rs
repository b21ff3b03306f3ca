//! What somebody should look at, how much it matters, and what to run.

use std::time::Duration;

use super::keys::Sign;
use super::needs::GRANTS_LEAST;
use super::rows::{self, Rows, counted, day};
use super::{FRESH, Report};
use crate::when::span;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Something is wrong, or will be within days.
    Act,
    /// Somebody should look, and may find that it is as it should be.
    Look,
    /// Something to know when reading the rest.
    Note,
}

impl Weight {
    pub(super) const ALL: [Self; 3] = [Self::Act, Self::Look, Self::Note];

    /// Its name in JSON.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Look => "look",
            Self::Note => "note",
        }
    }
}

/// One finding.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// Its stable name.
    pub(super) code: &'static str,
    pub(super) weight: Weight,
    pub(super) title: String,
    /// What it means.
    pub(super) why: String,
    /// What to do about it: commands, or words.
    pub(super) todo: Vec<Todo>,
    /// What it is about.
    pub(super) rows: Rows,
}

/// A step to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// A command line.
    Run(String),
    /// Words.
    Say(&'static str),
}

fn run(command: impl Into<String>) -> Todo {
    Todo::Run(command.into())
}

/// All findings about `report`, what matters most first.
pub(super) fn all(report: &Report) -> Vec<Finding> {
    let mut all: Vec<Finding> =
        [of_file(report), of_keys(report), of_owners(report), of_trail(report), of_realms(report)]
            .into_iter()
            .flatten()
            .collect();
    all.sort_by_key(|finding| finding.weight);
    all
}

fn plain(
    code: &'static str,
    weight: Weight,
    title: impl Into<String>,
    why: impl Into<String>,
) -> Finding {
    let (title, why) = (title.into(), why.into());
    Finding { code, weight, title, why, todo: Vec::new(), rows: Rows::default() }
}

impl Finding {
    fn todo(mut self, todo: impl IntoIterator<Item = Todo>) -> Self {
        self.todo.extend(todo);
        self
    }

    fn rows(self, rows: Rows) -> Self {
        Self { rows, ..self }
    }
}

fn of_file(report: &Report) -> Vec<Finding> {
    let (file, mut found) = (&report.file, Vec::new());
    let restore = "Stop the service. Restore the last backup, and keep the damaged file: it says \
                   what was revoked since.";
    if let Err(why) = &file.checked {
        let finding = plain("file_damaged", Weight::Act, "The file is damaged", why.clone());
        let command = run("keycask restore BACKUP NEW --denials-of OLD");
        found.push(finding.todo([Todo::Say(restore), command]));
    }
    if file.stats.unconfirmed {
        let why = "It was restored from a backup: what was revoked after that may be active \
                   again. It takes no changes until somebody says that this was seen to.";
        let finding =
            plain("restore_unconfirmed", Weight::Act, "The restore is not confirmed", why);
        let say = Todo::Say("Go through what was revoked since the backup, then confirm:");
        found.push(finding.todo([say, run("keycask confirm-restore --reason TEXT")]));
    }
    if !file.stats.peppered {
        let why = "Digests are keyed by nothing outside the file. Damage is noticed, but not \
                   somebody who writes the file and forges its checks.";
        let finding = plain("no_pepper", Weight::Look, "The store has no pepper", why);
        let make = run("(umask 077; head -c 32 /dev/urandom > pepper.key)");
        found.push(finding.todo([make, run("keycask pepper rotate --new-pepper-file pepper.key")]));
    }
    if file.pepper.previous.is_some() {
        let left = counted(file.pepper.left, "key is", "keys are");
        let why = format!(
            "{left} still found by the pepper before. They come over when they are used; \
             retiring that pepper revokes those that are left."
        );
        let finding = plain("pepper_not_retired", Weight::Note, "Two peppers are in use", why);
        found.push(finding.todo([run("keycask pepper retire --dry-run")]));
    }
    found
}

fn of_keys(report: &Report) -> Vec<Finding> {
    let period = report.period;
    let mut found = Vec::new();
    for (sign, code, weight) in [
        (Sign::Expiring, "expiring", Weight::Act),
        (Sign::Overdue, "rotation_due", Weight::Act),
        (Sign::UsedInGrace, "used_in_grace", Weight::Look),
        (Sign::OverScoped, "over_scoped", Weight::Look),
        (Sign::NeverUsed, "never_used", Weight::Look),
        (Sign::Unused, "unused", Weight::Look),
        (Sign::Old, "old", Weight::Look),
        (Sign::Endless, "endless", Weight::Look),
        (Sign::LongSuspended, "long_suspended", Weight::Look),
        (Sign::QuotaLow, "quota_low", Weight::Look),
        (Sign::AllScopes, "all_scopes", Weight::Note),
        (Sign::Idle, "idle", Weight::Note),
    ] {
        let rows = report.keys.with(sign);
        if rows.total == 0 {
            continue;
        }
        let (title, why, todo) = of_sign(sign, &rows, period, report);
        found.push(plain(code, weight, title, why).todo(todo).rows(rows));
    }
    if report.keys.over > 0 {
        let count = counted(report.keys.over, "key is", "keys are");
        let title = format!("{count} kept longer than the profiles say");
        let why = "They expired or were revoked, and are refused. A sweep takes them out; \
                   nothing sweeps by itself.";
        found.push(plain("sweep_due", Weight::Note, title, why).todo([run("keycask sweep")]));
    }
    found
}

/// What is said of the keys that have a sign: title, meaning, steps.
fn of_sign(
    sign: Sign,
    of: &Rows,
    period: Duration,
    report: &Report,
) -> (String, String, Vec<Todo>) {
    let keys = |rest: &str| format!("{} {rest}", counted(of.total, "key", "keys"));
    let (count, key) = (of.total, of.example());
    let is = |one: &'static str, many: &'static str| if count == 1 { one } else { many };
    let rotate = || run(format!("keycask rotate --grace 7d --out token {key}"));
    let revoke = || run(format!("keycask revoke --reason unused {key}"));
    let since = format!("{}T00:00:00Z", day(report.made.minus(FRESH)));
    match sign {
        Sign::Expiring => (
            keys(is(
                "expires within 14 days, without a successor",
                "expire within 14 days, without a successor",
            )),
            "Clients that use them are refused from then on.".to_owned(),
            vec![run("keycask list --expiring-within 14d --state active --order end"), rotate()],
        ),
        Sign::Overdue => (
            keys(is("is due for rotation", "are due for rotation")),
            "They are older than rotate_after of their profile.".to_owned(),
            vec![run("keycask list --rotation-due --state active"), rotate()],
        ),
        Sign::UsedInGrace => (
            keys(is("was rotated and is still used", "were rotated and are still used")),
            "A client still has the old token, and is refused when the grace ends.".to_owned(),
            vec![run("keycask list --in-grace"), run(format!("keycask show {key}"))],
        ),
        Sign::OverScoped => (
            keys(is("has scopes that it does not need", "have scopes that they do not need")),
            format!(
                "None of the sampled requests that were granted, {GRANTS_LEAST} of a key at \
                 least, needed them. A request that was not sampled may have."
            ),
            vec![run(format!("keycask update --scopes SCOPE,... {key}"))],
        ),
        Sign::NeverUsed => (
            keys(is("was never used", "were never used")),
            "They were issued more than 7 days ago, and were not used here since. Whether an \
             imported key was used before nobody knows: wait before you end it."
                .to_owned(),
            vec![
                run(format!(
                    "keycask list --never-used --state active --unexpired --issued-before {since}"
                )),
                revoke(),
            ],
        ),
        Sign::Unused => (
            keys(&format!("{} not used for {}", is("was", "were"), rows::span(period))),
            "Whoever had a use for them may not have any more. An idle span in the profile \
             refuses such keys by itself."
                .to_owned(),
            vec![
                run(format!("keycask list --idle-for {} --state active --unexpired", span(period))),
                revoke(),
            ],
        ),
        Sign::Old => (
            keys(is("is over a year old", "are over a year old")),
            "Their profile does not say when to rotate (rotate_after), so nobody is told."
                .to_owned(),
            vec![run("keycask list --rotation-due 365d --state active"), rotate()],
        ),
        Sign::Endless => (
            keys(is("never expires", "never expire")),
            "A token that was lost stays good until somebody notices. longest_life in the \
             profile ends this for keys to come."
                .to_owned(),
            vec![run(format!("keycask update --end +90d {key}"))],
        ),
        Sign::LongSuspended => (
            keys(&format!("{} suspended for more than {}", is("is", "are"), rows::span(period))),
            "A pause that long is an end that nobody decided: whoever resumes the key makes its \
             token good again."
                .to_owned(),
            vec![revoke(), run(format!("keycask resume {key}"))],
        ),
        Sign::QuotaLow => (
            keys(is("has used nine tenths of its quota", "have used nine tenths of their quota")),
            "Requests are refused when it is used up, until it is refilled. A running service \
             has taken more credits than it has handed out."
                .to_owned(),
            vec![run(format!("keycask show {key}"))],
        ),
        Sign::AllScopes => (
            keys(is("may do everything in its realm", "may do everything in their realm")),
            "They have every scope, or one that contains every other.".to_owned(),
            vec![run(format!("keycask update --scopes SCOPE,... {key}"))],
        ),
        Sign::Idle => (
            keys(is("is idle, and refused", "are idle, and refused")),
            "They were not used for their idle span. They keep their place under the caps."
                .to_owned(),
            vec![revoke()],
        ),
    }
}

fn of_owners(report: &Report) -> Vec<Finding> {
    let (owners, mut found) = (&report.owners, Vec::new());
    let set = || run("keycask owner set --realm REALM --plan PLAN OWNER");
    for (code, rows, weight, rest) in [
        ("at_cap", &owners.at_cap, Weight::Look, "as many active keys as the plan allows"),
        (
            "near_cap",
            &owners.near_cap,
            Weight::Note,
            "nearly as many active keys as the plan allows",
        ),
    ] {
        if rows.total > 0 {
            let title = format!("{} {rest}", counted(rows.total, "owner has", "owners have"));
            let why = "At the cap, issuing and resuming are refused. Rotating is not.";
            found.push(plain(code, weight, title, why).todo([set()]).rows(rows.clone()));
        }
    }
    if owners.suspended.total > 0 {
        let title = counted(owners.suspended.total, "owner is suspended", "owners are suspended");
        let why = "All of their keys are refused as long as that lasts, and count as active here.";
        let end = run("keycask revoke --realm REALM --owner OWNER --dry-run");
        let finding = plain("owners_suspended", Weight::Note, title, why);
        found.push(finding.todo([end]).rows(owners.suspended.clone()));
    }
    found
}

fn of_trail(report: &Report) -> Vec<Finding> {
    let (trail, mut found) = (&report.trail, Vec::new());
    if let Err(why) = &trail.chain {
        let finding =
            plain("trail_altered", Weight::Act, "The audit trail was altered", why.clone());
        let say = "Entries are missing, changed or out of their place. Compare with what was \
                   exported, and with the anchors that are kept elsewhere.";
        found.push(finding.todo([Todo::Say(say), run("keycask audit check")]));
    }
    if trail.patterns.total > 0 {
        let title = counted(trail.patterns.total, "odd use was found", "odd uses were found");
        let why = "The serving process found them, and put them into the trail.";
        let command = run("keycask audit --event pattern_found");
        let finding = plain("patterns", Weight::Look, title, why);
        found.push(finding.todo([command]).rows(trail.patterns.clone()));
    }
    if trail.revealed.total > 0 {
        let title =
            counted(trail.revealed.total, "token was shown again", "tokens were shown again");
        let why = "Whoever saw one can use it. Somebody should know what for.";
        let command = run("keycask audit --event key_revealed");
        let finding = plain("revealed", Weight::Look, title, why);
        found.push(finding.todo([command]).rows(trail.revealed.clone()));
    }
    found
}

fn of_realms(report: &Report) -> Vec<Finding> {
    let mut found = Vec::new();
    let blind: Vec<&str> = report
        .realms
        .iter()
        .filter(|realm| !realm.policy.keeps_use())
        .map(|realm| realm.name.as_str())
        .collect();
    if !blind.is_empty() {
        let mut rows = Rows::new(&["realm"], usize::MAX);
        blind.iter().for_each(|realm| rows.add(|| vec![(*realm).to_owned()]));
        let realms = counted(rows.total, "realm does", "realms do");
        let title = format!("{realms} not keep when keys are used");
        let why = "So nobody can say which of their keys are unused. Keys with an idle span of \
                   their own are an exception.";
        let say = Todo::Say("Set usage = true in the policy of the profile, and apply it:");
        let finding = plain("usage_not_kept", Weight::Note, title, why);
        found.push(finding.todo([say, run("keycask realm apply PROFILE")]).rows(rows));
    }
    let imported =
        report.realms.iter().fold(0_u64, |sum, realm| sum.saturating_add(realm.imported));
    if imported > 0 {
        let count = counted(imported, "imported key is", "imported keys are");
        let title = format!("{count} still on another system's digest");
        let why = "They come over when they are used. What is never used stays on a digest that \
                   may be weaker.";
        found.push(plain("imported", Weight::Note, title, why));
    }
    found
}
