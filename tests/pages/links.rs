//! Every link of a page to a file of the tree, or to a heading, leads there; and every page of
//! `docs/` can be reached from its list.

use std::path::{Component, Path, PathBuf};

use crate::names::{pages, top};

/// The list of the pages.
const LIST: &str = "docs/README.md";

/// Targets of the links of a page, without what stands in blocks of code or in backticks.
fn links(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2).flat_map(|text| text.split('`').step_by(2));
    let after = prose.flat_map(|text| text.split("](").skip(1));
    after.filter_map(|rest| rest.split(')').next()).collect()
}

/// The anchors of the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let outside = page.split("```").step_by(2);
    let headings = outside.flat_map(str::lines).filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|text| text.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

/// The place that `target` means on the page at `page`, from the top.
fn place(page: &Path, target: &str) -> PathBuf {
    let mut place = page.parent().unwrap_or(page).to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => _ = place.pop(),
            part => place.push(part),
        }
    }
    place
}

/// Links of these pages that lead nowhere.
fn broken(pages: &[(PathBuf, String)], is_there: fn(&Path) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in pages {
        for link in links(text).into_iter().filter(|link| !link.contains("://")) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let place = if target.is_empty() { path.clone() } else { place(path, target) };
            let page = pages.iter().find(|(other, _)| *other == place);
            let leads = match page {
                Some((_, page)) => anchor.is_empty() || anchors(page).iter().any(|a| a == anchor),
                None => anchor.is_empty() && is_there(&place),
            };
            if !leads {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    broken
}

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    let broken = broken(&pages(), |path| top().join(path).exists());
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_list_of_pages() {
    let pages = pages();
    let (list, text) = pages.iter().find(|(path, _)| path == Path::new(LIST)).unwrap();
    let listed: Vec<PathBuf> = links(text).into_iter().map(|link| place(list, link)).collect();
    let of_docs = pages.iter().map(|(path, _)| path).filter(|path| path.starts_with("docs"));
    let left_out: Vec<&PathBuf> =
        of_docs.filter(|path| *path != list && !listed.contains(path)).collect();
    assert!(left_out.is_empty(), "not in {LIST}: {left_out:?}");
}

#[test]
fn the_rust_of_every_page_is_run() {
    let crate_page = std::fs::read_to_string(top().join("src/lib.rs")).unwrap();
    let with_rust = pages().into_iter().filter(|(_, text)| {
        // Pieces of files are tested where they are.
        text.matches("\n```rust").count() > text.matches(".rs -->\n\n```rust").count()
    });
    let left_out =
        with_rust.filter(|(path, _)| !crate_page.contains(&format!("../{}\"", path.display())));
    assert_eq!(left_out.map(|(path, _)| path).collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn links_that_lead_nowhere_are_noticed() {
    let page = |text: &str| [(PathBuf::from("docs/a.md"), text.to_owned())];
    for good in [
        "[a](a.md) [b](../src/b.rs) [c](https://x/y) [d](#two-words)\n## Two `words`!\n",
        "[e](a.md#one)\n# One\n```\n[f](f.md)\n```\n`[g](g.md)`\n",
    ] {
        assert_eq!(broken(&page(good), |path| path == Path::new("src/b.rs")), [""; 0], "{good}");
    }
    for bad in ["[a](b.md)", "[a](#one)\n# Two\n", "[a](a.md#one)", "[a](../a.md)\n```\n# x\n```"] {
        assert_eq!(broken(&page(bad), |_| false).len(), 1, "{bad}");
    }
}
