use std::fs;

use redb::ReadableTable;

use super::disk::Disk;
use super::*;

/// Changes a closed file as one could who knows redb, but no key: its checksums are right
/// again afterwards.
pub(super) fn rewrite(path: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

/// Changes the record of a key in a closed file.
pub(crate) fn damage_key(path: &Path, key: KeyId) {
    rewrite(path, |transaction| damage_row(transaction, key));
}

/// Changes the record of a key in the file of an open store.
pub(crate) fn damage_open_key(storage: &Storage, key: KeyId) {
    let batch = storage.batch().unwrap();
    damage_row(&batch.transaction, key);
    batch.storage.commit(batch.transaction).unwrap();
}

fn damage_row(transaction: &redb::WriteTransaction, key: KeyId) {
    let mut keys = transaction.open_table(tables::KEYS).unwrap();
    let mut value = row_of(&keys, &tables::key_row(key));
    value[1] ^= 1;
    keys.insert(&tables::key_row(key), value.as_slice()).unwrap();
}

/// Changes the credits of a lineage in a closed file.
pub(crate) fn damage_balance(path: &Path, lineage: KeyId) {
    rewrite(path, |transaction| {
        let mut balances = transaction.open_table(tables::BALANCES).unwrap();
        let mut value = row_of(&balances, &tables::key_row(lineage));
        value[5] ^= 1;
        balances.insert(&tables::key_row(lineage), value.as_slice()).unwrap();
    });
}

/// Changes where a store stands, in a closed file.
pub(crate) fn damage_state(path: &Path) {
    rewrite(path, |transaction| {
        let mut meta = transaction.open_table(tables::META).unwrap();
        let mut value = row_of(&meta, tables::STATE);
        value[5] ^= 1;
        meta.insert(tables::STATE, value.as_slice()).unwrap();
    });
}

fn filled() -> Home {
    let home = home();
    let storage = create(&home);
    fill(&storage);
    storage.close().unwrap();
    home
}

fn row_of<K: redb::Key + 'static>(
    table: &impl ReadableTable<K, &'static [u8]>,
    key: K::SelfType<'_>,
) -> Vec<u8> {
    table.get(key).unwrap().unwrap().value().to_vec()
}

/// A forged file must be refused as `Corrupt`, by the opening or by a check.
fn found_out(home: &Home, by_opening: bool, says: &str) {
    let error = if by_opening {
        refused(&home.path, &options())
    } else {
        let storage = open(home).unwrap();
        storage.view().unwrap().check().unwrap_err()
    };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.message().contains(says), "{error} does not say {says:?}");
}

#[test]
fn a_changed_record_is_named() {
    let home = filled();
    let row = tables::key_row(KeyId::from_bits(20));
    rewrite(&home.path, |transaction| {
        let mut keys = transaction.open_table(tables::KEYS).unwrap();
        let mut value = row_of(&keys, &row);
        value[27] ^= 1;
        keys.insert(&row, value.as_slice()).unwrap();
    });
    found_out(&home, true, &KeyId::from_bits(20).to_string());
}

#[test]
fn a_record_moved_to_another_key_is_refused_and_never_read_as_it() {
    let home = filled();
    let (from, to) = (tables::key_row(KeyId::from_bits(20)), tables::key_row(KeyId::from_bits(30)));
    rewrite(&home.path, |transaction| {
        let mut keys = transaction.open_table(tables::KEYS).unwrap();
        let value = row_of(&keys, &from);
        keys.insert(&to, value.as_slice()).unwrap();
    });
    found_out(&home, true, &KeyId::from_bits(30).to_string());
}

#[test]
fn a_record_that_was_taken_out_is_missed() {
    for table in ["keys", "sealed", "usage", "owners", "operations", "realms"] {
        let home = filled();
        rewrite(&home.path, |transaction| {
            let key = |id| tables::key_row(KeyId::from_bits(id));
            match table {
                "keys" => {
                    let mut keys = transaction.open_table(tables::KEYS).unwrap();
                    keys.remove(&key(20)).unwrap();
                }
                "sealed" => {
                    transaction.open_table(tables::SEALED).unwrap().remove(&key(30)).unwrap();
                }
                "usage" => {
                    transaction.open_table(tables::USAGE).unwrap().remove(&key(10)).unwrap();
                }
                "owners" => {
                    let mut owners = transaction.open_table(tables::OWNERS).unwrap();
                    owners.remove(&tables::owner_row(OwnerRef::new(2))).unwrap();
                }
                "operations" => {
                    let mut operations = transaction.open_table(tables::OPERATIONS).unwrap();
                    operations.remove(&b"first"[..]).unwrap();
                }
                _ => {
                    let mut realms = transaction.open_table(tables::REALMS).unwrap();
                    realms.remove(&tables::realm_row(REALM)).unwrap();
                }
            }
        });
        found_out(&home, true, "missing");
    }
}

#[test]
fn a_revoked_key_cannot_be_put_back_to_what_it_was() {
    let home = filled();
    let row = tables::key_row(KeyId::from_bits(10));
    let mut active = Vec::new();
    rewrite(&home.path, |transaction| {
        active = row_of(&transaction.open_table(tables::KEYS).unwrap(), &row);
    });
    let storage = open(&home).unwrap();
    let mut revoked = key(10, 1);
    revoked.state = KeyState::Revoked;
    commit(&storage, &[Op::Key(revoked)]);
    storage.close().unwrap();
    rewrite(&home.path, |transaction| {
        transaction.open_table(tables::KEYS).unwrap().insert(&row, active.as_slice()).unwrap();
    });
    found_out(&home, true, "older");
}

#[test]
fn the_state_cannot_be_put_back_alone() {
    let home = filled();
    let mut old = Vec::new();
    rewrite(&home.path, |transaction| {
        old = row_of(&transaction.open_table(tables::META).unwrap(), tables::STATE);
    });
    let storage = open(&home).unwrap();
    commit(&storage, &[Op::Key(key(10, 2))]);
    storage.close().unwrap();
    rewrite(&home.path, |transaction| {
        let mut meta = transaction.open_table(tables::META).unwrap();
        meta.insert(tables::STATE, old.as_slice()).unwrap();
    });
    found_out(&home, true, "older");
}

#[test]
fn a_key_cannot_be_hidden_from_its_owners_cap() {
    let home = filled();
    let (one, key) = (OwnerRef::new(1), KeyId::from_bits(10));
    rewrite(&home.path, |transaction| {
        let mut index = transaction.open_table(tables::BY_OWNER).unwrap();
        index.remove(&tables::by_owner_row(one, tables::Class::Counted, key)).unwrap();
    });
    found_out(&home, true, "index");
    rewrite(&home.path, |transaction| {
        let mut index = transaction.open_table(tables::BY_OWNER).unwrap();
        index.insert(&tables::by_owner_row(one, tables::Class::Other, key), ()).unwrap();
    });
    found_out(&home, false, "by_owner");
    let storage = open(&home).unwrap();
    let mut batch = storage.batch().unwrap();
    let mut moved = super::key(10, 1);
    moved.counted = false;
    assert_eq!(batch.apply(&[Op::Key(moved)]).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_name_cannot_lead_to_another_owner() {
    let home = filled();
    let (one, two) =
        (tables::owner_name_row(REALM, "owner-1"), tables::owner_name_row(REALM, "owner-2"));
    rewrite(&home.path, |transaction| {
        let mut names = transaction.open_table(tables::OWNER_NAMES).unwrap();
        let value = row_of(&names, two.as_slice());
        names.insert(one.as_slice(), value.as_slice()).unwrap();
    });
    found_out(&home, false, "owner_names");
    let storage = open(&home).unwrap();
    let read = storage.view().unwrap().owner_named(REALM, "owner-1");
    assert_eq!(read.unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn an_operation_is_not_believed_at_another_id_or_seq() {
    let home = filled();
    rewrite(&home.path, |transaction| {
        let mut operations = transaction.open_table(tables::OPERATIONS).unwrap();
        let value = operations.remove(&b"first"[..]).unwrap().unwrap().value().to_vec();
        operations.insert(&b"second"[..], value.as_slice()).unwrap();
    });
    found_out(&home, false, "operations");
    let storage = open(&home).unwrap();
    let error = storage.view().unwrap().operation("second").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let home = filled();
    rewrite(&home.path, |transaction| {
        let mut by_seq = transaction.open_table(tables::BY_SEQ).unwrap();
        by_seq.remove(tables::by_seq_row(2, "first").as_slice()).unwrap();
        by_seq.insert(tables::by_seq_row(1, "first").as_slice(), ()).unwrap();
    });
    found_out(&home, false, "by_seq");
}

#[test]
fn a_changed_log_is_refused() {
    for keep in [true, false] {
        let home = filled();
        rewrite(&home.path, |transaction| {
            let mut log = transaction.open_table(tables::LOG).unwrap();
            let value = row_of(&log, &1u64.to_be_bytes());
            if keep {
                log.insert(&2u64.to_be_bytes(), value.as_slice()).unwrap();
            } else {
                log.remove(&2u64.to_be_bytes()).unwrap();
            }
        });
        found_out(&home, false, "log, row 2");
    }
}

#[test]
fn no_error_prints_a_row() {
    const NAME: &str = "key 20";
    let name = NAME.as_bytes();
    let numbers = format!("{name:?}");
    let spellings = [NAME.to_owned(), numbers[1..numbers.len() - 1].to_owned(), to_hex(name)];
    let is_printed = |text: &str| spellings.iter().any(|name| text.contains(name));
    let row = tables::key_row(KeyId::from_bits(20));
    let harms: [fn(&mut Vec<u8>); 3] = [
        |value| *value.last_mut().unwrap() ^= 1,
        |value| _ = value.pop(),
        |value| value.truncate(40),
    ];
    for harm in harms {
        let home = filled();
        let mut whole = Vec::new();
        rewrite(&home.path, |transaction| {
            let mut keys = transaction.open_table(tables::KEYS).unwrap();
            whole = row_of(&keys, &row);
            let mut value = whole.clone();
            harm(&mut value);
            keys.insert(&row, value.as_slice()).unwrap();
        });
        let error = refused(&home.path, &options());
        let text = format!("{error} {error:?}");
        assert!(text.len() < 400 && !is_printed(&text), "{text}");
        // One that printed the row would be seen.
        let printed = [String::from_utf8_lossy(&whole).into_owned(), format!("{whole:?}")];
        for row in printed.into_iter().chain([to_hex(&whole)]) {
            assert!(is_printed(&format!("{error}: {row}")));
        }
    }
}

/// redb panics at such a page: it believes what lies under a checksum that is right.
#[test]
fn a_page_that_makes_no_sense_under_a_right_checksum_is_refused_and_no_panic() {
    let home = filled();
    let whole = fs::read(&home.path).unwrap();
    let mender = mend::Mender::new(&whole);
    let mut seen = 0;
    for page in mender.live(&whole) {
        for at in 4..8 {
            let mut bytes = whole.clone();
            // The end of the first key or value, where pages have one.
            bytes[page * mend::PAGE + at] ^= 0x7F;
            mender.mend(&mut bytes, page);
            fs::write(&home.path, &bytes).unwrap();
            let checked = open(&home).and_then(|storage| storage.view()?.check());
            if let Err(error) = checked {
                let kinds = [ErrorKind::Corrupt, ErrorKind::Foreign, ErrorKind::Pepper];
                assert!(kinds.contains(&error.kind()), "page {page}, byte {at}: {error:?}");
                seen += u32::from(error.message().contains("forged; restore"));
            }
        }
    }
    assert!(seen > 0, "redb panics at none of these");
}

/// Whether redb panicked in a step. What else refuses it is damage, too.
fn panicked<E: Into<Error>>(step: std::result::Result<impl Sized, E>) -> bool {
    let Err(error) = step.map_err(Into::into) else { return false };
    let kinds = [ErrorKind::Corrupt, ErrorKind::Indeterminate];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    format!("{error:?}").contains("forged; restore")
}

/// Opening does not read what redb keeps for itself, such as which pages are free.
#[test]
fn a_store_whose_pages_are_forged_commits_and_closes_without_a_panic() {
    let home = filled();
    let whole = fs::read(&home.path).unwrap();
    let mender = mend::Mender::new(&whole);
    let [mut committing, mut closing] = [0; 2];
    // redb's own tables are in the first of them.
    for page in mender.live(&whole).into_iter().take(4) {
        for at in (0..mender.used(page)).filter(|at| whole[page * mend::PAGE + at] != 0) {
            let mut bytes = whole.clone();
            bytes[page * mend::PAGE + at] ^= 1;
            mender.mend(&mut bytes, page);
            let attach = || {
                let disk = Disk::new(bytes.clone());
                Storage::attach(disk, None, &options(), "open it", &mut |_| Ok(()))
            };
            let Ok(storage) = attach() else { continue };
            closing += u32::from(panicked(storage.close()));
            let storage = attach().unwrap();
            let mut batch = storage.batch().unwrap();
            let applied = batch.apply(&[Op::Key(key(40, 1))]);
            if panicked(applied.map_err(CommitError::from).and_then(|()| batch.commit())) {
                committing += 1;
                assert_eq!(storage.batch().err().map(|e| e.kind()), Some(ErrorKind::Poisoned));
            }
            // Dropping it does as closing does, and panics no more.
            drop(storage);
        }
    }
    assert!(committing > 0 && closing > 0, "redb panics at none of these");
}
