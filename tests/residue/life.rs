//! The life of a process that makes calls of every kind, and looks what they left.

use std::collections::{BTreeSet, HashSet};
use std::hint::black_box;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use keycask::Update;

use crate::kinds::{KINDS, Kind, Stage};
use crate::memory::{Known, Memory, look, look_at};
use crate::scene::{Scene, by};

/// Calls between two looks: what each other call leaves, half of the looks see at least, even if
/// the next call writes over it.
const CALLS: usize = 3;

/// Looks at a kind of call.
const LOOKS: usize = 4;

/// Looks at one that left something, to tell chance from a mistake, and of how many of them what
/// leaves something by a mistake does at least.
const MORE: usize = 16;
const MISTAKEN: usize = 4;

/// A mistake: before which kind of call a token is left, where, and how, in the call of this number
/// or in this piece of the stack.
type Plant = (&'static str, &'static [&'static str], fn(&Stage, usize, &mut [u8]));

pub const PLANTS: &[Plant] = &[
    // The bytes that a token was made of.
    ("issue", &["memory"], |stage, _, _| {
        stage.here.keep_draws(true);
        drop(stage.here.issue("live"));
        stage.here.keep_draws(false);
    }),
    // Each other time.
    ("explain", &["memory"], |stage, call, _| {
        if call % 2 == 0 {
            let copy: Box<[u8]> = stage.here.issue("live").token.expose().as_bytes().into();
            std::mem::forget(black_box(copy));
        }
    }),
    ("present", &["stack"], |stage, _, stack| {
        let issued = stage.here.issue("live");
        let text = issued.token.expose().as_bytes();
        stack[..text.len()].copy_from_slice(text);
        black_box(&stack);
    }),
    // Pages of the file that are in memory have it, too.
    ("reveal", &["memory", "file", "backup"], |stage, _, _| {
        let issued = stage.here.issue("live");
        let name = Update::new().name(issued.token.expose());
        stage.here.store.update(issued.key.key_id, &name, &by()).unwrap();
    }),
    ("rotate", &["log"], |stage, _, _| {
        eprintln!("{}", stage.here.issue("live").token.expose());
    }),
    // Whoever keeps a panic has in memory what it says.
    ("panic of who reads a token", &["memory", "log"], |stage, _, _| {
        let issued = stage.here.issue("live");
        let panic = AssertUnwindSafe(|| panic!("{} is not expected", issued.token.expose()));
        std::mem::forget(catch_unwind(panic).unwrap_err());
    }),
];

/// Where a token was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Stack,
    Memory,
    File,
    Backup,
    Log,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Memory => "memory",
            Self::File => "file",
            Self::Backup => "backup",
            Self::Log => "log",
        }
    }
}

/// Lives, and tells what was found of mistakes, `kind: place` a line, in the order of the kinds.
/// The last line begins with the number of calls. What it says goes to the file `said`. `seed`
/// says with which kind it begins: where things come to stand in memory, and what is left there,
/// is then another.
pub fn live(dir: &Path, said: &Path, seed: usize, planted: bool) -> String {
    let mut life = Life::new(dir);
    let mut found = BTreeSet::new();
    let mut secrets = Vec::new();
    for turn in 0..KINDS.len() {
        let number = (seed + turn) % KINDS.len();
        let begin = life.known().len();
        found.extend(life.judge(&KINDS[number], planted).map(|place| (number, place)));
        secrets.push((begin..life.known().len(), number));
    }
    let backup = dir.join("backup");
    life.stage.here.store.backup(&backup).unwrap();
    for (path, place) in
        [(&*life.stage.here.path, Place::File), (&backup, Place::Backup), (said, Place::Log)]
    {
        look_at(path, &life.known(), |secret| {
            let of = |(range, _): &&(Range<usize>, usize)| range.contains(&secret);
            let (_, number) = secrets.iter().find(of).unwrap();
            found.insert((*number, place));
        });
    }
    let lines = found.iter().map(|(kind, place)| format!("{}: {}\n", KINDS[*kind].0, place.name()));
    let (all, chance) = (life.known().len(), life.by_chance);
    let last = format!("{} calls, {all} secrets, {chance} looks saw one by chance\n", life.calls);
    lines.chain([last]).collect()
}

struct Life {
    stage: Stage,
    known: Arc<Mutex<Known>>,
    /// What was found already, and where.
    seen: HashSet<(usize, Memory)>,
    calls: usize,
    by_chance: usize,
}

impl Life {
    fn new(dir: &Path) -> Self {
        let known = Arc::default();
        let scene = |name| Scene::new(dir.join(name), &known);
        let stage = Stage { here: scene("here"), elsewhere: scene("elsewhere") };
        Self { stage, known, seen: HashSet::new(), calls: 0, by_chance: 0 }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Makes calls of a kind. Gives where they leave tokens by a mistake.
    fn judge(&mut self, kind: &Kind, planted: bool) -> impl Iterator<Item = Place> + use<> {
        let mut places = [(Place::Stack, 0), (Place::Memory, 0)];
        let mut look = |life: &mut Self, looks| {
            places.iter_mut().for_each(|(_, times)| *times = 0);
            for _ in 0..looks {
                let left = life.left_by(kind, planted);
                life.by_chance += usize::from(!left.is_empty());
                for (place, times) in &mut places {
                    *times += usize::from(left.contains(place));
                }
            }
            places.iter().any(|(_, times)| *times > 0)
        };
        let _ = look(self, LOOKS) && look(self, MORE);
        places.into_iter().filter(|(_, times)| *times >= MISTAKEN).map(|(place, _)| place)
    }

    /// Makes some calls of a kind. Gives where there are tokens that were not there before.
    ///
    /// On the stack copies of those of the last call may be: of what the compiler and what is
    /// called put there, until another call puts something in their place.
    fn left_by(&mut self, (name, call): &Kind, planted: bool) -> BTreeSet<Place> {
        let plant = PLANTS.iter().find(|(kind, ..)| planted && kind == name);
        let (mut stack, mut last) = ([0; 64], 0);
        for _ in 0..CALLS {
            if let Some((_, _, plant)) = plant {
                plant(&self.stage, self.calls, &mut stack);
            }
            last = self.known().len();
            call(&self.stage);
            self.calls += 1;
        }
        let mut left = BTreeSet::new();
        let known = self.known.lock().unwrap();
        look(&known, |secret, memory, _| {
            let is_new = self.seen.insert((secret, memory));
            if is_new && (memory == Memory::Heap || secret < last) {
                left.insert(if memory == Memory::Heap { Place::Memory } else { Place::Stack });
            }
        });
        black_box(&stack);
        left
    }
}
