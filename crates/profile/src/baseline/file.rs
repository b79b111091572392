//! The file form: one JSON object `{"schema", "checksum", "body"}`, where the checksum covers the bytes of the body. One
//! workload a line, so that two files can be compared with a line diff. The same knowledge always gives the same bytes.

use super::facet::{FACETS, Facet};
use super::learned::Learned;
use super::{Baseline, BaselineError, Daily, Day, DayCount, Hours, Input, Names, Presence, Stitches};
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const SCHEMA: &str = "vires-baseline/1";

/// A JSON body with schema and checksum around it. `body` appends it to what it is given, so that a long one is not held twice.
pub fn seal(
    schema: &str,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>,
) -> Result<String, serde_json::Error> {
    let mut text = format!("{{\"schema\":\"{schema}\",\"checksum\":\"sha256:").into_bytes();
    let checksum = text.len();
    // Its place, until it is known.
    text.extend_from_slice(&[b'0'; 64]);
    text.extend_from_slice(b"\",\n\"body\":");
    let start = text.len();
    body(&mut text)?;
    let digest = hex(&Sha256::digest(text.get(start..).unwrap_or_default()));
    if let Some(place) = text.get_mut(checksum..checksum + digest.len()) {
        place.copy_from_slice(digest.as_bytes());
    }
    text.extend_from_slice(b"}\n");
    String::from_utf8(text).map_err(<serde_json::Error as serde::ser::Error>::custom)
}

/// The body of a sealed file, once its schema and checksum are as they should be. `name` stands in errors.
pub fn unseal<'a>(schema: &str, text: &'a [u8], name: &str) -> Result<&'a str, BaselineError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sealed<'a> {
        schema: String,
        checksum: String,
        #[serde(borrow)]
        body: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let wrong = |found: String| BaselineError::Schema { name: name.into(), found, expected: schema.into() };
    let sealed: Sealed<'_> = match serde_json::from_slice(text) {
        Ok(sealed) => sealed,
        // Another version may have another envelope: then its schema is the better answer.
        Err(e) => {
            return Err(match serde_json::from_slice::<Schema>(text) {
                Ok(other) if other.schema != schema => wrong(other.schema),
                _ => syntax(name, &e),
            });
        }
    };
    if sealed.schema != schema {
        return Err(wrong(sealed.schema));
    }
    let body = sealed.body.get();
    if sealed.checksum.strip_prefix("sha256:") != Some(&hex(&Sha256::digest(body.as_bytes()))) {
        return Err(BaselineError::Checksum { name: name.into() });
    }
    Ok(body)
}

fn syntax(name: &str, e: &serde_json::Error) -> BaselineError {
    BaselineError::Syntax { name: name.into(), line: e.line(), column: e.column(), message: e.to_string() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    catalogue: String,
    inputs: BTreeMap<String, Input>,
    stitches: Stitches,
    #[serde(default)]
    ignored: u64,
    workloads: BTreeMap<String, Learned>,
}

impl Baseline {
    /// The baseline as a file.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        seal(SCHEMA, |body| {
            body.extend_from_slice(b"{\"catalogue\":");
            serde_json::to_writer(&mut *body, &self.catalogue)?;
            body.extend_from_slice(b",\n\"inputs\":");
            serde_json::to_writer(&mut *body, &self.inputs)?;
            body.extend_from_slice(b",\n\"stitches\":");
            serde_json::to_writer(&mut *body, &self.stitches)?;
            body.extend_from_slice(format!(",\n\"ignored\":{},\n\"workloads\":{{", self.ignored).as_bytes());
            for (i, (name, learned)) in self.sorted().enumerate() {
                body.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
                serde_json::to_writer(&mut *body, &**name)?;
                body.push(b':');
                serde_json::to_writer(&mut *body, learned)?;
            }
            body.extend_from_slice(b"\n}}");
            Ok(())
        })
    }

    /// Reads a file. `name` stands in errors.
    pub fn from_json(text: &[u8], name: &str) -> Result<Self, BaselineError> {
        let body: Body = serde_json::from_str(unseal(SCHEMA, text, name)?).map_err(|e| syntax(name, &e))?;
        let mut baseline = Baseline { inputs: body.inputs, stitches: body.stitches, ..Baseline::new(body.catalogue) };
        for (workload, learned) in body.workloads {
            baseline.put(&workload, learned, DayCount::plus);
        }
        baseline.ignored = body.ignored;
        Ok(baseline)
    }
}

impl Serialize for Learned {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        if let Some(group) = &self.group {
            map.serialize_entry("group", &**group)?;
        }
        map.serialize_entry("first", &self.first)?;
        map.serialize_entry("active", &self.active)?;
        map.serialize_entry("hours", &self.hours)?;
        map.serialize_entry("daily", &self.daily)?;
        let levels: BTreeMap<&str, u8> =
            Facet::ALL.iter().map(|f| (f.name(), self.level(*f))).filter(|(_, l)| *l > 0).collect();
        if !levels.is_empty() {
            map.serialize_entry("levels", &levels)?;
        }
        map.serialize_entry("values", &Values(self))?;
        map.end()
    }
}

/// `{"action": {"s3:GetObject": [first, [last, "bits"]]}}`.
struct Values<'a>(&'a Learned);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        for facet in Facet::ALL {
            let of: BTreeMap<&str, (Day, Presence)> =
                self.0.of(*facet).iter().map(|v| (&**v.name(), (v.first(), v.seen()))).collect();
            if !of.is_empty() {
                map.serialize_entry(facet.name(), &of)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Learned {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            group: Option<String>,
            first: Option<Day>,
            active: Presence,
            hours: Hours,
            daily: Daily,
            #[serde(default)]
            levels: BTreeMap<String, u8>,
            values: BTreeMap<String, BTreeMap<String, (Day, Presence)>>,
        }
        let raw = Raw::deserialize(d)?;
        if !raw.daily.is_sound() {
            return Err(D::Error::custom("daily counts are not in ascending order of days"));
        }
        let facet = |name: &str| Facet::from_name(name).ok_or_else(|| D::Error::custom(format!("unknown facet `{name}`")));
        let mut learned = Learned {
            group: raw.group.map(Into::into),
            first: raw.first,
            active: raw.active,
            hours: raw.hours,
            daily: raw.daily,
            levels: [0; FACETS],
            ..Learned::default()
        };
        for (name, level) in raw.levels {
            let facet = facet(&name)?;
            if let Some(known) = learned.levels.get_mut(facet as usize) {
                *known = level;
            }
        }
        for (name, values) in raw.values {
            let facet = facet(&name)?;
            for (value, (first, seen)) in values {
                learned.push_raw(facet, value.into(), first, seen);
            }
        }
        learned.sort_raw();
        Ok(learned)
    }
}

impl Names {
    /// Shares the names of something that was just read.
    pub fn adopt(&mut self, learned: &mut Learned) {
        learned.intern(self);
    }
}
