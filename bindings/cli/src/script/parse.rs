//! Reading a script.

use super::Failure;
use super::step::{AnswerLines, HeaderLine, Script, Section, Step, Wanted, WantedAnswer};
use super::words::{self, Word};

impl Script {
    /// Reads the script `text`. Messages call it `file`.
    ///
    /// # Errors
    ///
    /// The first line that breaks a rule of the format, or a step that says too little: a
    /// request without an answer, an answer that nothing asks for.
    pub fn parse(file: &str, text: &str) -> Result<Self, Failure> {
        let fail = |line, what| Failure { file: file.to_owned(), line, what };
        let mut sections = vec![Section::default()];
        for (line, text) in (1..).zip(text.lines()) {
            take(&mut sections, line, text).map_err(|what| fail(line, what))?;
        }
        for step in sections.iter().flat_map(|section| &section.steps) {
            whole(step).map_err(|what| fail(step.line, what))?;
        }
        Ok(Self { file: file.to_owned(), sections })
    }
}

/// Adds one line to what was read before it.
fn take(sections: &mut Vec<Section>, line: usize, text: &str) -> Result<(), String> {
    if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) || text.ends_with(' ') {
        return Err("want ASCII without tabs, and no space at the end".to_owned());
    }
    if text.is_empty() || text == "#" || text.starts_with("# ") {
        return Ok(());
    }
    if let Some(heading) = text.strip_prefix("## ") {
        let (heading, demo) = match heading.strip_suffix(" [demo]") {
            Some(heading) => (heading, true),
            None => (heading, false),
        };
        sections.push(Section { heading: heading.to_owned(), demo, steps: Vec::new() });
        return Ok(());
    }
    let section = sections.last_mut().ok_or("no section")?;
    if text.starts_with(|first: char| first.is_ascii_lowercase()) {
        section.steps.push(command(line, text)?);
        return Ok(());
    }
    let step = section.steps.last_mut().ok_or("no command stands before this in its section")?;
    let (mark, rest) = text.split_once(' ').unwrap_or((text, ""));
    match mark {
        ">" => step.head.push(rest.to_owned()),
        "<" => answer(&mut step.wanted.answer, line, rest)?,
        "<<" => once(&mut step.wanted.answer, WantedAnswer::Named(line, rest.to_owned()))?,
        "=" => step.wanted.rows.push((line, words::split(rest)?)),
        "!" => once(&mut step.wanted.error, error(line, rest)?)?,
        "?" => once(&mut step.wanted.reason, (line, rest.to_owned()))?,
        _ => return Err(format!("no line begins with {mark:?}")),
    }
    Ok(())
}

fn command(line: usize, text: &str) -> Result<Step, String> {
    let mut words = words::split(text)?;
    let verb = match words.first() {
        Some(Word::Bare(verb)) => verb.clone(),
        _ => return Err("want a verb".to_owned()),
    };
    words.remove(0);
    Ok(Step { line, verb, words, ..Step::default() })
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err("the step has one of these already".to_owned()),
    }
}

fn error(line: usize, text: &str) -> Result<(usize, String, String), String> {
    let want = || format!("want a kind and a text in quotes, not {text:?}");
    let (kind, text) = text.split_once(' ').ok_or_else(want)?;
    let quoted = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    let text = quoted('\'').or_else(|| quoted('"')).ok_or_else(want)?;
    Ok((line, kind.to_owned(), text.to_owned()))
}

/// Adds a `<` line to an answer.
fn answer(place: &mut Option<WantedAnswer>, line: usize, text: &str) -> Result<(), String> {
    let Some(wanted) = place else {
        let status = text.parse().map_err(|_| format!("want a status, not {text:?}"))?;
        let lines = AnswerLines { line, status, headers: Vec::new(), ended: false, body: None };
        *place = Some(WantedAnswer::Written(lines));
        return Ok(());
    };
    let WantedAnswer::Written(answer) = wanted else {
        return Err("the answer stands elsewhere, under its name".to_owned());
    };
    if !answer.ended {
        if text.is_empty() {
            answer.ended = true;
        } else {
            answer.headers.push(header(line, text)?);
        }
        return Ok(());
    }
    if answer.body.is_some() {
        return Err("the body stands on one line".to_owned());
    }
    answer.body = Some((line, text.to_owned()));
    Ok(())
}

fn header(line: usize, text: &str) -> Result<HeaderLine, String> {
    if let Some(name) = text.strip_prefix('!') {
        return Ok(HeaderLine { line, name: name.to_owned(), value: None });
    }
    let want = || format!("want a header's name, a colon, a space and its value, not {text:?}");
    let (name, value) = text.split_once(": ").ok_or_else(want)?;
    Ok(HeaderLine { line, name: name.to_owned(), value: Some(value.to_owned()) })
}

/// Refuses a step that leaves open what is to come of it, or says what cannot come.
fn whole(step: &Step) -> Result<(), String> {
    let Wanted { rows, error, reason, answer } = &step.wanted;
    let refuse = |why: &str| Err(format!("{}: {why}", step.verb));
    match step.verb.as_str() {
        "request" if step.head.is_empty() => return refuse("without a head"),
        "request" if answer.is_none() => return refuse("without an answer"),
        "answer" if !matches!(answer, Some(WantedAnswer::Written(_))) => {
            return refuse("without an answer");
        }
        "answer" if !rows.is_empty() || error.is_some() || reason.is_some() => {
            return refuse("nothing comes of it");
        }
        "request" | "answer" => {}
        _ if !step.head.is_empty() || answer.is_some() || reason.is_some() => {
            return refuse("only a request has a head, an answer and a reason");
        }
        _ => {}
    }
    if step.verb == "answer" && !step.head.is_empty() {
        return refuse("with a head");
    }
    if error.is_some() && (!rows.is_empty() || answer.is_some()) {
        return refuse("an error has no result");
    }
    if reason.is_some() && !rows.is_empty() {
        return refuse("a refusal has no result");
    }
    if rows.iter().any(|(_, words)| words.is_empty()) {
        return refuse("an empty result");
    }
    Ok(())
}
