//! A request of a script: its head, as many times as the script says.

use std::time::Duration;

use keycask::{HttpRequest, Refusal};

use super::args::Args;
use super::stage::Stage;
use super::verbs::{Came, Trouble};
use super::{fields, instant, refer};

/// Presents the request with the lines `head`.
pub(super) fn request(stage: &Stage<'_>, mut args: Args, head: &[String]) -> Result<Came, Trouble> {
    let request = stage.request(&mut args)?;
    let request_id = args.take("id").unwrap_or_else(|| "req_0".to_owned());
    let times = args.times()?;
    let every = args.take("every").map_or(Ok(Duration::ZERO), |every| instant::span(&every))?;
    args.close()?;
    let lines: Vec<Vec<u8>> =
        head.iter().map(|line| refer::line(line, &stage.names)).collect::<Result<_, _>>()?;
    let (first, rest) = lines.split_first().ok_or_else(|| "an empty head".to_owned())?;
    let method = method(first).ok_or_else(|| "want a method, a target and HTTP/1.1".to_owned())?;
    let headers = rest.iter().map(|line| header(line)).collect::<Option<Vec<_>>>();
    let headers = headers.ok_or_else(|| "a header has no name and colon".to_owned())?;
    let http = HttpRequest { method, headers: &headers, request_id: &request_id };
    let mut came = Came::default();
    for round in 0..times {
        if round > 0 {
            stage.clock.set(stage.now().plus(every));
        }
        let before = (round > 0).then_some(came.reason);
        came = once(stage, &http, &request)?;
        if let Some(before) = before
            && before != came.reason
        {
            let [before, now] = [before, came.reason].map(|reason| match reason {
                Some(reason) => format!("was refused: {reason}"),
                None => "was granted".to_owned(),
            });
            let round = round.saturating_add(1);
            return Err(Trouble::Script(format!(
                "of {times} requests the one before number {round} {before}, and that {now}"
            )));
        }
    }
    Ok(came)
}

fn once(
    stage: &Stage<'_>,
    http: &HttpRequest<'_>,
    request: &keycask::Request,
) -> Result<Came, Trouble> {
    let store = stage.store()?;
    let outcome = (stage.present)(store, stage.realm()?, http, request)?;
    let mut came = Came { answer: Some(outcome.answer), ..Came::default() };
    match outcome.verdict {
        Ok(grant) => came.rows.push(fields::grant(&grant, &store.describe(&grant)?)),
        Err(refusal) => came.reason = Some(reason(&refusal)),
    }
    Ok(came)
}

/// A refusal's reason, as scripts write it.
fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unpresented(unpresented) => unpresented.name().to_owned(),
        Refusal::Denied(denial) => match denial.reason {
            keycask::Reason::Malformed(why) => format!("malformed {}", why.name()),
            reason => reason.name().to_owned(),
        },
        // Refusals may get more kinds; a script does not know them yet.
        _ => "another reason".to_owned(),
    }
}

/// The method of a request line.
fn method(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let (method, rest) = line.split_once(' ')?;
    let (target, version) = rest.split_once(' ')?;
    (!method.is_empty() && !target.is_empty() && version == "HTTP/1.1").then_some(method)
}

/// A header's name and what stands after its colon.
fn header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':').filter(|at| *at > 0)?;
    let (name, value) = line.split_at_checked(colon)?;
    Some((std::str::from_utf8(name).ok()?, value.get(1..)?))
}
