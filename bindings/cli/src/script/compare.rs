//! What came, held against what was wanted.

use keycask::{Answer, Timestamp};

use super::fields::{Row, Value};
use super::instant;
use super::refer::{self, Names};
use super::stage::Stage;
use super::step::{AnswerLines, Step, WantedAnswer};
use super::verbs::Came;
use super::words::Word;

/// A line of the script and what is not as it says.
pub(super) type Miss = (usize, String);

/// Everything in which `came` is not what `step` wants.
pub(super) fn compare(stage: &Stage<'_>, step: &Step, came: &Came) -> Vec<Miss> {
    let wanted = &step.wanted;
    let mut misses = Vec::new();
    match (&wanted.error, &came.error) {
        (None, None) => {}
        (None, Some(error)) => {
            misses.push((step.line, format!("{}: {error}", error.kind().name())));
            return misses;
        }
        (Some((line, kind, _)), None) => {
            misses.push((*line, format!("wanted the error {kind}, and it was done")));
            return misses;
        }
        (Some((line, kind, text)), Some(error)) => {
            let message = error.to_string();
            if *kind != error.kind().name() || !message.contains(text.as_str()) {
                let got = error.kind().name();
                misses.push((*line, format!("wanted {kind} {text:?}, got {got}: {message}")));
            }
            return misses;
        }
    }
    reason(step, came, &mut misses);
    if step.verb == "request" {
        answer(stage, step, came, &mut misses);
    }
    rows(stage, step, came, &mut misses);
    misses
}

fn reason(step: &Step, came: &Came, misses: &mut Vec<Miss>) {
    match (&step.wanted.reason, &came.reason) {
        (None, None) => {}
        (None, Some(got)) => misses.push((step.line, format!("wanted a grant, got ? {got}"))),
        (Some((line, wanted)), None) => {
            misses.push((*line, format!("wanted ? {wanted}, and it was granted")));
        }
        (Some((line, wanted)), Some(got)) if wanted != got => {
            misses.push((*line, format!("wanted ? {wanted}, got ? {got}")));
        }
        (Some(_), Some(_)) => {}
    }
}

fn answer(stage: &Stage<'_>, step: &Step, came: &Came, misses: &mut Vec<Miss>) {
    let (line, lines) = match &step.wanted.answer {
        Some(WantedAnswer::Written(lines)) => (None, lines),
        Some(WantedAnswer::Named(line, name)) => match stage.answers.get(name) {
            Some(lines) => (Some(*line), lines),
            None => {
                misses.push((*line, format!("no answer was written out as {name:?}")));
                return;
            }
        },
        None => return,
    };
    let Some(got) = &came.answer else {
        misses.push((line.unwrap_or(lines.line), "there is no answer".to_owned()));
        return;
    };
    let found = held(lines, got);
    // Of an answer that stands elsewhere, the line that names it is at fault.
    misses.extend(found.into_iter().map(|(at, what)| (line.unwrap_or(at), what)));
}

fn held(lines: &AnswerLines, got: &Answer) -> Vec<Miss> {
    let mut misses = Vec::new();
    if lines.status != got.status {
        misses.push((lines.line, format!("wanted < {}, got < {}", lines.status, got.status)));
    }
    for header in &lines.headers {
        let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(&header.name);
        let values: Vec<&str> =
            got.headers.iter().filter(same).map(|(_, value)| value.as_str()).collect();
        let wanted: Vec<&str> = header.value.iter().map(String::as_str).collect();
        if values != wanted {
            let name = &header.name;
            let show = |values: &[&str]| match values {
                [] => format!("< !{name}"),
                values => format!("< {name}: {}", values.join(" and ")),
            };
            misses.push((header.line, format!("wanted {}, got {}", show(&wanted), show(&values))));
        }
    }
    let (line, wanted) = match &lines.body {
        Some((line, text)) => (*line, text.as_str()),
        None => (lines.line, ""),
    };
    if wanted.as_bytes() != got.body {
        let got = String::from_utf8_lossy(&got.body);
        misses.push((line, format!("wanted the body\n  {wanted}\ngot\n  {got}")));
    }
    misses
}

fn rows(stage: &Stage<'_>, step: &Step, came: &Came, misses: &mut Vec<Miss>) {
    let wanted = &step.wanted.rows;
    if step.verb == "list" {
        if wanted.len() != came.rows.len() {
            let (want, got) = (wanted.len(), came.rows.len());
            misses.push((step.line, format!("wanted {want} keys, got {got}")));
        }
        for ((line, words), row) in wanted.iter().zip(&came.rows) {
            match words.split_first() {
                Some((Word::Bare(name), words)) => {
                    if stage.names.get(name).map(|known| known.id) != row.key {
                        misses.push((*line, format!("wanted {name} here, got another key")));
                    }
                    fields(stage, *line, words, row, misses);
                }
                _ => misses.push((*line, "want the name of a key first".to_owned())),
            }
        }
        return;
    }
    for (line, words) in wanted {
        match came.rows.first() {
            Some(row) => fields(stage, *line, words, row, misses),
            None => misses.push((*line, "there is no result".to_owned())),
        }
    }
}

fn fields(stage: &Stage<'_>, line: usize, words: &[Word], row: &Row, misses: &mut Vec<Miss>) {
    for word in words {
        let miss = match word {
            Word::Bare(text) => Some(format!("want FIELD=VALUE, not {text:?}")),
            Word::Pair(name, wanted) => match row.get(name) {
                None => Some(format!("the result has no field {name:?}")),
                Some(value) => field(name, wanted, value, stage.now(), &stage.names),
            },
        };
        misses.extend(miss.map(|what| (line, what)));
    }
}

/// How a field is not as wanted, if it is not.
fn field(name: &str, wanted: &str, value: &Value, now: Timestamp, names: &Names) -> Option<String> {
    let wanted = match refer::word(wanted, names) {
        Ok(wanted) => wanted,
        Err(why) => return Some(format!("{name}: {why}")),
    };
    match value {
        Value::Text(got) => {
            (wanted != *got).then(|| format!("wanted {name}={wanted}, got {name}={got}"))
        }
        Value::Token(token) => {
            (wanted != token.expose()).then(|| format!("{name}: this is another token"))
        }
        Value::Time(got) => {
            let time = match wanted.as_str() {
                "none" => Ok(None),
                text => instant::parse(text, now).map(Some),
            };
            match time {
                Err(why) => Some(format!("{name}: {why}")),
                Ok(time) => (time != *got)
                    .then(|| format!("wanted {name}={}, got {name}={value}", Value::Time(time))),
            }
        }
    }
}
