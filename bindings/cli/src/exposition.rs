//! The text format 0.0.4 of Prometheus, as it is exposed to a scrape:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

/// A metric: its name, what it says, and whether it only grows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    name: &'static str,
    help: &'static str,
    kind: &'static str,
}

impl Metric {
    /// A figure that goes up and down.
    pub(crate) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: "gauge" }
    }

    /// A figure that only grows; its name ends with `_total`.
    pub(crate) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: "counter" }
    }
}

/// A text that is being written, metric by metric.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    text: String,
    name: &'static str,
}

impl Exposition {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Begins a metric. Its samples follow.
    pub(crate) fn head(&mut self, Metric { name, help, kind }: Metric) {
        self.name = name;
        // Writing to memory does not fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// Adds a sample of the metric that was begun last.
    pub(crate) fn sample(&mut self, labels: &[(&str, &str)], value: u64) {
        self.text.push_str(self.name);
        for (at, (label, value)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{before}{label}=\"{}\"", escaped(value));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// The value of a label as it stands between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_keeps_no_quote_and_no_line_end_of_its_own() {
        let mut text = Exposition::new();
        text.head(Metric::gauge("keys", "Keys."));
        text.sample(&[("realm", "a\"b\\c\nd"), ("state", "active")], 3);
        text.sample(&[], 4);
        let want = "# HELP keys Keys.\n# TYPE keys gauge\n\
                    keys{realm=\"a\\\"b\\\\c\\nd\",state=\"active\"} 3\nkeys 4\n";
        assert_eq!(text.into_text(), want);
    }
}
