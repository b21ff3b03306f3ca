//! What each command does.

use keycask::{Actor, Answer, Error, Filter, KeyId, OwnerChange, Rotation, Spec, State, Update};

use super::args::Args;
use super::fields::{self, Row};
use super::stage::Stage;
use super::step::{Step, WantedAnswer};
use super::{instant, present};

/// What came of a step.
#[derive(Debug, Default)]
pub struct Came {
    /// The results: one, or for a list any number.
    pub rows: Vec<Row>,
    /// The answer to a request.
    pub answer: Option<Answer>,
    /// Why a request was refused.
    pub reason: Option<String>,
    /// Why the step failed.
    pub error: Option<Error>,
}

impl From<Row> for Came {
    fn from(row: Row) -> Self {
        Self { rows: vec![row], ..Self::default() }
    }
}

/// Why a step brought nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The script cannot be followed.
    Script(String),
    /// The store refused, which may be what is wanted.
    Store(Error),
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Self::Script(why)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Keys on one page of a list; more than one is needed only to see that pages join.
const PAGE: usize = 3;

/// Does what `step` says.
pub(super) fn perform(stage: &mut Stage<'_>, step: &Step) -> Result<Came, Trouble> {
    let mut args = Args::new(&step.words, &stage.names)?;
    match step.verb.as_str() {
        "answer" => return answer(stage, step, args),
        "clock" => return clock(stage, args),
        "system" => {
            args.required("title")?;
            args.close()?;
            stage.create()?;
        }
        "profile" => return profile(stage, args),
        "reopen" => {
            args.close()?;
            stage.reopen()?;
        }
        "scope" => return scope(stage, args),
        "owner" => return owner(stage, args),
        "issue" => return issue(stage, args),
        "request" => return present::request(stage, args, &step.head),
        "rotate" | "regenerate" => return rotate(stage, &step.verb, args),
        "suspend" | "resume" | "revoke" => return change_state(stage, &step.verb, args),
        "update" => return update(stage, args),
        "show" => {
            let key = named(stage, &mut args)?;
            args.close()?;
            return Ok(fields::key(&stage.store()?.key(key)?).into());
        }
        "list" => return list(stage, args),
        "reveal" => {
            let (key, by) = (named(stage, &mut args)?, actor(&mut args));
            args.close()?;
            return Ok(fields::revealed(stage.store()?.reveal(key, &by)?).into());
        }
        "explain" => return explain(stage, args),
        other => return Err(Trouble::Script(format!("no verb is called {other:?}"))),
    }
    Ok(Came::default())
}

/// Who asks: `by=` and `because=`.
fn actor(args: &mut Args) -> Actor {
    let by = Actor::new(args.take("by").unwrap_or_else(|| "script".to_owned()));
    match args.take("because") {
        Some(reason) => by.because(reason),
        None => by,
    }
}

fn named(stage: &Stage<'_>, args: &mut Args) -> Result<KeyId, Trouble> {
    stage.key(&args.next("the name of a key")?)
}

fn answer(stage: &mut Stage<'_>, step: &Step, mut args: Args) -> Result<Came, Trouble> {
    let name = args.next("a name")?;
    args.close()?;
    if let Some(WantedAnswer::Written(lines)) = &step.wanted.answer {
        stage.answers.insert(name, lines.clone());
    }
    Ok(Came::default())
}

fn clock(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let to = instant::parse(&args.next("an instant")?, stage.now())?;
    args.close()?;
    stage.clock.set(to);
    Ok(Came::default())
}

fn profile(stage: &mut Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let path = args.next("a file")?;
    args.close()?;
    let text = (stage.files)(&path).ok_or_else(|| format!("{path}: no such file"))?;
    let change = stage.store()?.apply_realm(&path, &text, &Actor::new("script"))?;
    stage.enter(&change.realm)?;
    Ok(Came::default())
}

fn scope(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let name = args.next("the name of a scope")?;
    args.close()?;
    let profile = stage.profile()?;
    let scope = profile.scopes().iter().find(|scope| scope.name == name);
    let scope = scope.ok_or_else(|| format!("the profile has no scope {name:?}"))?;
    Ok(fields::scope(scope).into())
}

fn owner(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let id = args.next("an owner")?;
    let (store, realm) = (stage.store()?, stage.realm()?);
    if args.no_more_values() {
        // An owner that is not there yet is made; one that is there stays as it is.
        args.close()?;
        let by = Actor::new("script");
        return Ok(fields::owner(&store.set_owner(realm, &id, &OwnerChange::new(), &by)?).into());
    }
    let mut change = OwnerChange::new();
    if let Some(plan) = args.take("plan") {
        change = change.plan(plan);
    }
    if let Some(names) = args.list("direct") {
        change = change.direct(names);
    }
    if let Some(names) = args.list("group") {
        change = change.group(names);
    }
    match args.take("suspended").as_deref() {
        None => {}
        Some("true") => change = change.suspended(true),
        Some("false") => change = change.suspended(false),
        Some(other) => {
            return Err(Trouble::Script(format!("suspended={other}: want true or false")));
        }
    }
    let by = actor(&mut args);
    args.close()?;
    Ok(fields::owner(&store.set_owner(realm, &id, &change, &by)?).into())
}

fn issue(stage: &mut Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let name = args.next("a name for the key")?;
    let (kind, owner) = (args.required("kind")?, args.required("owner")?);
    let mut spec = Spec::new(stage.realm()?, kind, owner);
    if let Some(names) = args.list("scopes") {
        spec = spec.scopes(names);
    }
    if let Some(set) = args.take("set") {
        spec = spec.set(set);
    }
    if let Some(name) = args.take("name") {
        spec = spec.name(name);
    }
    if let Some(metadata) = args.take("metadata") {
        spec = spec.metadata(metadata);
    }
    if let Some(start) = args.time("start", stage.now())? {
        spec = spec.start(start);
    }
    if let Some(end) = args.time("end", stage.now())? {
        spec = spec.end(end);
    }
    if let Some(life) = args.take("life") {
        spec = spec.life(instant::span(&life)?);
    }
    let (times, by) = (args.times()?, actor(&mut args));
    args.close()?;
    let mut came = Came::default();
    for _ in 0..times {
        let issued = stage.store()?.issue(&spec, &by)?;
        came = fields::issued(&issued).into();
        stage.keep(&name, issued);
    }
    Ok(came)
}

fn rotate(stage: &mut Stage<'_>, verb: &str, mut args: Args) -> Result<Came, Trouble> {
    let key = named(stage, &mut args)?;
    let name = args.required("as")?;
    let mut rotation = match verb {
        "regenerate" => Rotation::regenerate(),
        _ => Rotation::new(),
    };
    if verb == "rotate" {
        if let Some(grace) = args.take("grace") {
            rotation = rotation.grace(instant::span(&grace)?);
        }
        if let Some(end) = args.time("end", stage.now())? {
            rotation = rotation.end(end);
        }
        if let Some(life) = args.take("life") {
            rotation = rotation.life(instant::span(&life)?);
        }
    }
    let by = actor(&mut args);
    args.close()?;
    let issued = stage.store()?.rotate(key, &rotation, &by)?;
    let came = fields::issued(&issued).into();
    stage.keep(&name, issued);
    Ok(came)
}

fn change_state(stage: &Stage<'_>, verb: &str, mut args: Args) -> Result<Came, Trouble> {
    let (key, by) = (named(stage, &mut args)?, actor(&mut args));
    args.close()?;
    let store = stage.store()?;
    let info = match verb {
        "suspend" => store.suspend(key, &by)?,
        "resume" => store.resume(key, &by)?,
        _ => store.revoke(key, &by)?,
    };
    Ok(fields::key(&info).into())
}

fn update(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let key = named(stage, &mut args)?;
    let mut update = Update::new();
    if let Some(name) = args.take("name") {
        update = update.name(name);
    }
    if let Some(metadata) = args.take("metadata") {
        update = update.metadata(metadata);
    }
    if let Some(end) = args.time("end", stage.now())? {
        update = update.end(end);
    }
    if let Some(names) = args.list("scopes") {
        update = update.scopes(names);
    }
    let by = actor(&mut args);
    args.close()?;
    Ok(fields::key(&stage.store()?.update(key, &update, &by)?).into())
}

fn list(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let mut filter = Filter::new().realm(stage.realm()?);
    if let Some(owner) = args.take("owner") {
        filter = filter.owner(owner);
    }
    if let Some(state) = args.take("state") {
        filter = filter.state(match state.as_str() {
            "active" => State::Active,
            "suspended" => State::Suspended,
            "revoked" => State::Revoked,
            _ => return Err(Trouble::Script(format!("no state is called {state:?}"))),
        });
    }
    args.close()?;
    let mut came = Came::default();
    let mut after = None;
    loop {
        let page = stage.store()?.list(&filter, after, PAGE)?;
        came.rows.extend(page.keys.iter().map(fields::key));
        after = page.next;
        if after.is_none() {
            return Ok(came);
        }
    }
}

fn explain(stage: &Stage<'_>, mut args: Args) -> Result<Came, Trouble> {
    let token = args.next("a token")?;
    let request = stage.request(&mut args)?;
    args.close()?;
    let explanation = stage.store()?.explain(stage.realm()?, token.as_bytes(), None, &request)?;
    Ok(fields::explanation(&explanation, &*stage.profile()?).into())
}
