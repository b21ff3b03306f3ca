//! Power cuts: what a disk may hold after one.
//!
//! What a disk was told before its last sync is there. Of what it was told since, any sector
//! may be there or not, whatever the order in which it was told, and one may be there in
//! part. A sync that fails leaves behind what a kernel leaves: some of it has reached the disk,
//! and the rest never will, though whoever reads the file finds it until the power goes.

use std::sync::Arc;

use super::dice::Dice;
use super::disk::Step;

/// A sector, and a page of the file system: what is lost is lost in units of these.
const GRAINS: [usize; 2] = [512, 4096];

/// A disk that is told steps, as it is when nobody may count on a cache.
pub(crate) struct Platter {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

enum Pending {
    Write(u64, Arc<[u8]>),
    SetLen(u64),
}

/// What becomes of the writes that were not synced.
#[derive(Clone, Copy, Debug)]
enum Loss {
    All,
    Nothing,
    /// Of that write and all later ones.
    Since(usize),
    /// Of that write alone.
    Only(usize),
    /// Of all but that one.
    AllBut(usize),
    /// Of each sector of that size, with that many chances in four.
    Sectors(usize, usize),
    /// As before, and one sector of that write is there in part.
    Torn(usize, usize),
}

impl Platter {
    pub(crate) fn new(durable: Vec<u8>) -> Self {
        Self { durable, pending: Vec::new() }
    }

    /// Tells it the next step.
    pub(crate) fn tell(&mut self, step: &Step, dice: &mut Dice) {
        match step {
            Step::Write(offset, data) => self.pending.push(Pending::Write(*offset, data.clone())),
            Step::SetLen(len) => self.pending.push(Pending::SetLen(*len)),
            Step::Sync => {
                let pending = std::mem::take(&mut self.pending);
                lose(&mut self.durable, &pending, Loss::Nothing, dice);
            }
            Step::SyncFailed => {
                // What is lost is pages. A length is the file system's own affair, which it
                // keeps in order or stops altogether.
                let loss = self.loss(dice);
                let (lengths, pages) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition::<Vec<_>, _>(|told| matches!(told, Pending::SetLen(_)));
                lose(&mut self.durable, &lengths, Loss::Nothing, dice);
                lose(&mut self.durable, &pages, loss, dice);
            }
            Step::Mark(_) => {}
        }
    }

    /// What it may hold when the power goes now, and what was lost, in words.
    pub(crate) fn cut(&self, dice: &mut Dice) -> (Vec<u8>, String) {
        let loss = self.loss(dice);
        let mut bytes = self.durable.clone();
        lose(&mut bytes, &self.pending, loss, dice);
        (bytes, format!("of {} writes lost {loss:?}", self.pending.len()))
    }

    fn loss(&self, dice: &mut Dice) -> Loss {
        let any = |dice: &mut Dice| dice.roll(self.pending.len().max(1));
        let grain = *dice.pick(&GRAINS);
        match dice.roll(12) {
            0 => Loss::All,
            1 => Loss::Nothing,
            2 => Loss::Since(any(dice)),
            3 => Loss::Only(any(dice)),
            4 => Loss::AllBut(any(dice)),
            5 | 6 => Loss::Torn(any(dice), 1 + dice.roll(3)),
            _ => Loss::Sectors(grain, 1 + dice.roll(3)),
        }
    }
}

/// Puts to `bytes` what `loss` leaves of `pending`.
fn lose(bytes: &mut Vec<u8>, pending: &[Pending], loss: Loss, dice: &mut Dice) {
    for (number, told) in pending.iter().enumerate() {
        let whole = match loss {
            Loss::All => Some(false),
            Loss::Nothing => Some(true),
            Loss::Since(first) => Some(number < first),
            Loss::Only(one) => Some(number != one),
            Loss::AllBut(one) => Some(number == one),
            Loss::Sectors(..) | Loss::Torn(..) => None,
        };
        match told {
            // A length is one thing: there or not.
            Pending::SetLen(len) => {
                if whole.unwrap_or_else(|| dice.chance(1, 2)) {
                    bytes.resize(*len as usize, 0);
                }
            }
            Pending::Write(offset, data) => match (whole, loss) {
                (Some(false), _) => {}
                (Some(true), _) => put(bytes, *offset as usize, data),
                (None, Loss::Torn(one, chances)) => {
                    let torn = (number == one).then(|| dice.roll(data.len()));
                    sectors(bytes, *offset as usize, data, (GRAINS[0], chances), torn, dice);
                }
                (None, Loss::Sectors(grain, chances)) => {
                    sectors(bytes, *offset as usize, data, (grain, chances), None, dice);
                }
                (None, _) => unreachable!("it is whole or not"),
            },
        }
    }
}

/// Puts those sectors of `data` that chance keeps; of the one that has the byte `torn`, what
/// lies before it.
fn sectors(
    bytes: &mut [u8],
    offset: usize,
    data: &[u8],
    (grain, chances): (usize, usize),
    torn: Option<usize>,
    dice: &mut Dice,
) {
    let mut start = 0;
    while start < data.len() {
        let end = data.len().min(start + grain - (offset + start) % grain);
        let kept = dice.chance(chances, 4);
        match torn {
            Some(torn) if (start..end).contains(&torn) => {
                put(bytes, offset + start, &data[start..torn]);
            }
            _ if kept => put(bytes, offset + start, &data[start..end]),
            _ => {}
        }
        start = end;
    }
}

/// What lies beyond a file's length is not there.
fn put(bytes: &mut [u8], offset: usize, data: &[u8]) {
    let place = bytes.get_mut(offset..).unwrap_or_default();
    for (to, from) in place.iter_mut().zip(data) {
        *to = *from;
    }
}
