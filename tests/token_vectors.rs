//! The token vectors that all languages share, `vectors/tokens.json`.
//!
//! Each entry gives a shape (`prefix`, `body_len`, `checksum`), a `text`, and the `result` of
//! parsing it: `accepted`, or the name of what is wrong, with `at`, its place in bytes, for a
//! character. The checksums in the file were computed by Python's `zlib.crc32`.

use std::collections::BTreeMap;

use keycask::{Checksum, Grammar, Malformed, Shape};
use serde_json::Value;

#[test]
fn every_vector_has_the_result_that_it_names() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/tokens.json")).unwrap();
    let mut seen = BTreeMap::new();
    for vector in &vectors {
        let field = |name: &str| vector[name].as_str().unwrap();
        let number = |name: &str| vector[name].as_u64().map(|n| usize::try_from(n).unwrap());
        let body = number("body_len").unwrap();
        let checksum = Checksum::parse(field("checksum")).unwrap();
        let shape = Shape::new(field("prefix"), body, checksum).unwrap();
        let (want, got) = (shape.token_len(), field("text").len());

        let expected = match field("result") {
            "accepted" => Ok(0),
            "prefix" => Err(Malformed::Prefix),
            "length" => Err(Malformed::Length { want, got }),
            "character" => Err(Malformed::Character { at: number("at").unwrap() }),
            "checksum" => Err(Malformed::Checksum),
            other => panic!("result {other:?} is unknown"),
        };
        let parsed = Grammar::new([shape]).unwrap().parse(field("text").as_bytes());
        assert_eq!(parsed, expected, "{}", field("about"));
        if let Err(malformed) = parsed {
            assert_eq!(malformed.name(), field("result"));
        }
        *seen.entry(field("result")).or_insert(0) += 1;
    }
    let results: Vec<&str> = seen.into_keys().collect();
    assert_eq!(results, ["accepted", "character", "checksum", "length", "prefix"]);
}
