//! The table of layers.

use std::collections::BTreeMap;

/// Layers by module: a row `| 3 | `token/` | ... |` puts all of `token` into layer 3.
pub type Table = BTreeMap<String, u32>;

/// Reads each row of Markdown that begins with a number and a file or directory of `src`.
pub fn read(markdown: &str) -> Table {
    let mut table = Table::new();
    for line in markdown.lines() {
        let mut cells = line.trim().trim_start_matches('|').split('|').map(str::trim);
        let (Some(layer), Some(path)) = (cells.next(), cells.next()) else { continue };
        let Ok(layer) = layer.parse() else { continue };
        let module = path.trim_matches('`').trim_end_matches('/').trim_end_matches(".rs");
        let before = table.insert(module.to_owned(), layer);
        assert!(before.is_none(), "docs/architecture.md: two rows for {module}");
    }
    table
}
