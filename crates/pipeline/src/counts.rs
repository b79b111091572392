use crate::gauges::{Gauge, Gauges};
use crate::stage::Report;
use vires_event::Source;

/// What went through, as `--stats` and `--stats-file` show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Records read.
    pub lines_in: u64,
    /// Records written: fewer than read only by a selection or when the output failed.
    pub lines_out: u64,
    /// Bytes read, line ends and framing included, after decompression.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
    /// Records with a mark of a machine identity or of a sensitive target.
    pub tagged: u64,
    /// Records whose action or target is sensitive.
    pub sensitive: u64,
    /// Records longer than the limit, let through unseen.
    pub too_long: u64,
    /// Records that are neither a JSON object nor text of a known format.
    pub not_json: u64,
    /// Records with bytes that are not UTF-8.
    pub invalid_utf8: u64,
    /// JSON objects of no known format.
    pub unknown_source: u64,
    /// Records whose tags had to be cut to fit.
    pub truncated: u64,
    /// Records that were judged.
    pub judged: u64,
    /// Judged records whose identity leads to no owner and profile.
    pub unmapped: u64,
    /// Records of somebody's that were not judged because they do not say when.
    pub undated: u64,
    /// Identities that were forgotten because too many came that nobody knows.
    pub forgotten: u64,
    /// Records that were left out by a selection.
    pub filtered: u64,
    /// Records on which the program itself failed.
    pub internal: u64,
    /// Records read but not written, because the output failed or the time for draining was over.
    pub undelivered: u64,
    /// Successful reloads.
    pub reloads: u64,
    /// Reloads that failed and left the old rules in place.
    pub reload_failures: u64,
    /// Records by log format, in the order of [`Source::ALL`].
    pub by_source: [u64; Source::ALL.len()],
}

impl Default for Counts {
    fn default() -> Self {
        Counts {
            lines_in: 0,
            lines_out: 0,
            bytes_in: 0,
            bytes_out: 0,
            tagged: 0,
            sensitive: 0,
            too_long: 0,
            not_json: 0,
            invalid_utf8: 0,
            unknown_source: 0,
            truncated: 0,
            judged: 0,
            unmapped: 0,
            undated: 0,
            forgotten: 0,
            filtered: 0,
            internal: 0,
            undelivered: 0,
            reloads: 0,
            reload_failures: 0,
            by_source: [0; Source::ALL.len()],
        }
    }
}

/// One counter with its name and what it counts.
pub(crate) struct Counter {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) value: u64,
}

impl Counts {
    pub(crate) fn note(&mut self, report: &Report) {
        self.tagged += u64::from(report.tagged);
        self.sensitive += u64::from(report.sensitive);
        self.not_json += u64::from(report.not_json);
        self.invalid_utf8 += u64::from(report.invalid_utf8);
        self.unknown_source += u64::from(report.unknown_source);
        self.filtered += u64::from(report.filtered);
        self.truncated += u64::from(report.truncated);
        self.judged += u64::from(report.judged);
        self.unmapped += u64::from(report.unmapped);
        self.undated += u64::from(report.undated);
        if let Some(source) = report.source
            && let Some(n) = self.by_source.get_mut(source as usize)
        {
            *n += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Counts) {
        self.lines_in += other.lines_in;
        self.lines_out += other.lines_out;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.tagged += other.tagged;
        self.sensitive += other.sensitive;
        self.too_long += other.too_long;
        self.not_json += other.not_json;
        self.invalid_utf8 += other.invalid_utf8;
        self.unknown_source += other.unknown_source;
        self.truncated += other.truncated;
        self.judged += other.judged;
        self.unmapped += other.unmapped;
        self.undated += other.undated;
        self.forgotten += other.forgotten;
        self.filtered += other.filtered;
        self.internal += other.internal;
        self.undelivered += other.undelivered;
        self.reloads += other.reloads;
        self.reload_failures += other.reload_failures;
        for (mine, theirs) in self.by_source.iter_mut().zip(other.by_source) {
            *mine += theirs;
        }
    }

    /// The formats that occurred, in the order of [`Source::ALL`].
    pub fn sources(&self) -> impl Iterator<Item = (Source, u64)> + '_ {
        Source::ALL.iter().zip(self.by_source).filter(|(_, n)| *n > 0).map(|(s, n)| (*s, n))
    }

    /// Every counter but `by_source`, in the order in which they are shown.
    pub(crate) fn counters(&self) -> [Counter; 20] {
        let counter = |name, help, value| Counter { name, help, value };
        [
            counter("lines_in", "Records read.", self.lines_in),
            counter("lines_out", "Records written.", self.lines_out),
            counter("bytes_in", "Bytes read, after decompression.", self.bytes_in),
            counter("bytes_out", "Bytes written.", self.bytes_out),
            counter("tagged", "Records with a mark of a machine identity or of a sensitive target.", self.tagged),
            counter("sensitive", "Records whose action or target is sensitive.", self.sensitive),
            counter("too_long", "Records longer than the limit, let through unseen.", self.too_long),
            counter("not_json", "Records that are neither a JSON object nor text of a known format.", self.not_json),
            counter("invalid_utf8", "Records with bytes that are not UTF-8.", self.invalid_utf8),
            counter("unknown_source", "JSON objects of no known format.", self.unknown_source),
            counter("truncated", "Records whose tags had to be cut to fit.", self.truncated),
            counter("judged", "Records that were judged.", self.judged),
            counter("unmapped", "Judged records whose identity leads to no owner and profile.", self.unmapped),
            counter("undated", "Records of somebody's that were not judged because they do not say when.", self.undated),
            counter("forgotten", "Identities forgotten because too many came that nobody knows.", self.forgotten),
            counter("filtered", "Records left out by a selection.", self.filtered),
            counter("internal", "Records on which the program itself failed.", self.internal),
            counter("undelivered", "Records read but not written.", self.undelivered),
            counter("reloads", "Successful reloads.", self.reloads),
            counter("reload_failures", "Reloads that left the old rules in place.", self.reload_failures),
        ]
    }

    /// One JSON object.
    pub(crate) fn to_json(&self, gauges: &Gauges) -> String {
        let mut all = serde_json::Map::new();
        for counter in self.counters() {
            all.insert(counter.name.into(), counter.value.into());
        }
        for gauge in gauges.list() {
            all.insert(gauge.name.into(), gauge.value.into());
        }
        let by_source: serde_json::Map<_, _> = self.sources().map(|(s, n)| (s.as_str().into(), n.into())).collect();
        all.insert("by_source".into(), by_source.into());
        serde_json::Value::Object(all).to_string() + "\n"
    }

    /// The Prometheus text format, for node_exporter's textfile collector.
    pub(crate) fn to_prometheus(&self, gauges: &Gauges) -> String {
        let mut out = String::new();
        let family = |name: &str, help: &str| format!("# HELP vires_{name}_total {help}\n# TYPE vires_{name}_total counter\n");
        for counter in self.counters() {
            out += &family(counter.name, counter.help);
            out += &format!("vires_{}_total {}\n", counter.name, counter.value);
        }
        out += &family("source_lines", "Records by log format.");
        for (source, n) in self.sources() {
            out += &format!("vires_source_lines_total{{source=\"{source}\"}} {n}\n");
        }
        for Gauge { metric, help, value, .. } in gauges.list() {
            out += &format!("# HELP vires_{metric} {help}\n# TYPE vires_{metric} gauge\nvires_{metric} {value}\n");
        }
        out
    }
}

impl std::fmt::Display for Counts {
    /// The summary that `--stats` prints: one line for the whole, one per further fact that is not zero.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} lines in, {} out ({} bytes in, {} out)", self.lines_in, self.lines_out, self.bytes_in, self.bytes_out)?;
        for counter in &self.counters()[4..] {
            if counter.value > 0 {
                writeln!(f, "  {:<16}{:>12}", counter.name, counter.value)?;
            }
        }
        for (source, n) in self.sources() {
            writeln!(f, "  {:<16}{n:>12}", source.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Counts {
        let mut counts = Counts { lines_in: 3, lines_out: 2, filtered: 1, ..Counts::default() };
        counts.note(&Report { source: Some(Source::Okta), tagged: true, ..Report::default() });
        counts
    }

    #[test]
    fn every_counter_is_summed_and_shown() {
        let mut twice = sample();
        twice.add(&sample());
        let json: serde_json::Value = serde_json::from_str(&twice.to_json(&Gauges::default())).unwrap();
        assert_eq!(json["lines_in"], 6);
        assert_eq!(json["tagged"], 2);
        assert_eq!(json["by_source"], serde_json::json!({"okta": 2}));
        assert_eq!(json["undelivered"], 0);
        // One key per field: a counter that is forgotten in one of the lists shows here.
        let debug = format!("{twice:?}");
        for key in json.as_object().unwrap().keys() {
            assert!(debug.contains(&format!("{key}: ")), "{key}");
        }
        assert_eq!(debug.matches(": ").count(), json.as_object().unwrap().len());
    }

    #[test]
    fn sums_all_fields() {
        let ones = Counts {
            lines_in: 1,
            lines_out: 1,
            bytes_in: 1,
            bytes_out: 1,
            tagged: 1,
            sensitive: 1,
            too_long: 1,
            not_json: 1,
            invalid_utf8: 1,
            unknown_source: 1,
            truncated: 1,
            judged: 1,
            unmapped: 1,
            undated: 1,
            forgotten: 1,
            filtered: 1,
            internal: 1,
            undelivered: 1,
            reloads: 1,
            reload_failures: 1,
            by_source: [1; Source::ALL.len()],
        };
        let mut sum = Counts::default();
        sum.add(&ones);
        assert_eq!(sum, ones);
    }

    #[test]
    fn the_text_formats() {
        let counts = sample();
        let gauges = Gauges::default();
        assert!(!counts.to_prometheus(&gauges).contains("gauge"));
        gauges.catalogue_is_stale(true);
        let prometheus = counts.to_prometheus(&gauges);
        assert!(prometheus.ends_with("# TYPE vires_stale_catalogue gauge\nvires_stale_catalogue 1\n"));
        assert!(counts.to_json(&gauges).contains("\"stale_catalogue\":1"));
        assert!(prometheus.contains("# TYPE vires_lines_in_total counter\nvires_lines_in_total 3\n"));
        assert!(prometheus.contains("vires_source_lines_total{source=\"okta\"} 1\n"));
        assert_eq!(
            counts.to_string(),
            "3 lines in, 2 out (0 bytes in, 0 out)\n  tagged                     1\n  filtered                   1\n  okta                       1\n"
        );
    }
}
