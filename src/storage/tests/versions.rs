//! A row of a later version is told apart from damage, and the file is left as it is.

use redb::Key;

use super::*;
use crate::storage::tables::Rows;

/// Gives the row `key` of `table` the version after its own, as a later program would write it.
fn raise<K: Key + 'static>(storage: &Storage, table: Rows<K>, key: K::SelfType<'_>) {
    let row = K::as_bytes(&key).as_ref().to_vec();
    let mut body = storage.view().unwrap().body(table, K::from_bytes(&row)).unwrap().unwrap();
    body[0] += 1;
    let mut batch = storage.batch().unwrap();
    batch.attempt_numbered(|batch| batch.put(table, key, body).map(drop)).unwrap();
    batch.commit().unwrap();
}

#[test]
fn each_kind_of_row_of_a_later_version_is_newer_and_not_written_over() {
    // Opening reads all rows of the first, and of the others each that it is asked for.
    let loaded = ["keys", "owners", "realms", "sealed", "usage", "balances"];
    for table in [loaded.as_slice(), &["owner_names", "log", "operations"]].concat() {
        let (home, storage) = match table {
            "balances" => balances::filled(),
            _ => {
                let home = home();
                let storage = create(&home);
                fill(&storage);
                (home, storage)
            }
        };
        let key = |id: u64| tables::key_row(KeyId::from_bits(id));
        let owner_name = tables::owner_name_row(REALM, "owner-2");
        match table {
            "keys" => raise(&storage, tables::KEYS, &key(20)),
            "owners" => raise(&storage, tables::OWNERS, &tables::owner_row(OwnerRef::new(2))),
            "owner_names" => raise(&storage, tables::OWNER_NAMES, owner_name.as_slice()),
            "realms" => raise(&storage, tables::REALMS, &tables::realm_row(REALM)),
            "log" => raise(&storage, tables::LOG, &2u64.to_be_bytes()),
            "sealed" => raise(&storage, tables::SEALED, &key(30)),
            "balances" => raise(&storage, tables::BALANCES, &key(10)),
            "usage" => raise(&storage, tables::USAGE, &key(10)),
            _ => raise(&storage, tables::OPERATIONS, b"first".as_slice()),
        }
        storage.close().unwrap();
        let before = std::fs::read(&home.path).unwrap();
        for read_only in [true, false] {
            let options = StorageOptions { read_only, ..options() };
            let opened = Storage::open(&home.path, &options, &mut |_| Ok(()));
            let checked = opened.and_then(|storage| {
                assert!(!loaded.contains(&table), "{table}");
                storage.view()?.check()
            });
            let error = checked.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Newer, "{table}: {error}");
            assert!(error.message().contains(table), "{error}");
            if read_only || loaded.contains(&table) {
                assert!(std::fs::read(&home.path).unwrap() == before, "{table}");
            }
        }
    }
}
