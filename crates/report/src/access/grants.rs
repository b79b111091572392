//! What identities are allowed to do, as other systems export it.

use super::rbac;
use std::collections::BTreeMap;
use vires_event::{Millis, parse_time};
use vires_profile::globs::fold;
use vires_profile::import::Input;
use vires_profile::inventory::forms;

/// One privilege of one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The identity as the file writes it: canonical id or raw form.
    pub identity: String,
    /// An action, with `*` where it stands for several, or the name of a role.
    pub privilege: String,
    /// What it extends to.
    pub scope: String,
    /// Where it comes from: a policy, a role.
    pub source: String,
    /// When it was granted.
    pub granted: Option<Millis>,
}

/// Why a grants file cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum GrantsError {
    #[error("{file}:{line}: {message}")]
    Row { file: String, line: u64, message: String },
    #[error(transparent)]
    Manifest(#[from] vires_profile::Error),
}

/// All privileges that were declared anywhere, by identity.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    by_form: BTreeMap<String, Vec<Grant>>,
    /// What was noticed while reading that does not stop the rest from being used.
    pub remarks: Vec<String>,
}

/// The columns of the CSV form, in any order; the first two must be there.
pub const COLUMNS: [&str; 5] = ["identity", "privilege", "scope", "source", "granted_at"];

/// A larger file was not written by people.
const MOST_ROWS: usize = 5_000_000;

impl Grants {
    /// Reads files: CSV if the name ends in `.csv`, else Kubernetes manifests, YAML or JSON. Bindings may stand in another file than
    /// their roles.
    pub fn read(inputs: &[Input<'_>]) -> Result<Self, GrantsError> {
        let mut grants = Grants::default();
        let mut manifests = Vec::new();
        for input in inputs {
            if input.name.to_ascii_lowercase().ends_with(".csv") {
                for grant in csv(input)? {
                    grants.put(grant);
                }
            } else {
                manifests.extend(vires_profile::import::documents(input)?);
            }
        }
        let (found, remarks) = rbac::grants(manifests);
        found.into_iter().for_each(|grant| grants.put(grant));
        grants.remarks = remarks;
        Ok(grants)
    }

    fn put(&mut self, grant: Grant) {
        let forms = forms(&grant.identity);
        if let Some(form) = forms.get(1).or(forms.first()) {
            self.by_form.entry(form.clone()).or_default().push(grant);
        }
    }

    /// The privileges of a canonical id.
    pub fn of(&self, identity: &str) -> &[Grant] {
        let id = fold(identity);
        let any_cluster = any_cluster(&id);
        let found = self.by_form.get(&*id).or_else(|| self.by_form.get(any_cluster.as_deref()?));
        found.map_or(&[], Vec::as_slice)
    }

    /// All identities, by the form under which they are known.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &[Grant])> {
        self.by_form.iter().map(|(form, grants)| (form.as_str(), grants.as_slice()))
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.by_form.is_empty()
    }
}

/// `k8s:<cluster>:<namespace>:<account>` without its cluster, as a manifest knows it.
pub(super) fn any_cluster(id: &str) -> Option<String> {
    let mut parts = id.strip_prefix("k8s:")?.rsplitn(3, ':');
    let (account, namespace) = (parts.next()?, parts.next()?);
    parts.next().map(|_| format!("k8s:*:{namespace}:{account}"))
}

fn csv(input: &Input<'_>) -> Result<Vec<Grant>, GrantsError> {
    let fail = |line: u64, message: String| GrantsError::Row { file: input.name.to_owned(), line, message };
    let text = input.text.strip_prefix('\u{feff}').unwrap_or(input.text);
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).trim(::csv::Trim::All).from_reader(text.as_bytes());
    let headings: Vec<String> = match reader.headers() {
        Ok(record) => record.iter().map(|cell| cell.to_ascii_lowercase()).collect(),
        Err(error) => return Err(fail(1, error.to_string())),
    };
    if let Some(unknown) = headings.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        let columns = COLUMNS.join(", ");
        return Err(fail(1, format!("unknown column `{}`; a grants file has {columns}", crate::text::clean(unknown))));
    }
    let column = |name: &str| headings.iter().position(|heading| heading == name);
    let (Some(identity), Some(privilege)) = (column("identity"), column("privilege")) else {
        return Err(fail(1, "a grants file needs the columns identity and privilege".into()));
    };
    let mut grants = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fail(error.position().map_or(0, ::csv::Position::line), error.to_string()))?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != headings.len() {
            return Err(fail(line, format!("{} cells under {} headings", record.len(), headings.len())));
        }
        if cell(Some(identity)).is_empty() || cell(Some(privilege)).is_empty() {
            return Err(fail(line, "identity or privilege is empty".into()));
        }
        let granted = cell(column("granted_at"));
        let granted = match granted {
            "" => None,
            date if date.len() == 10 => Some(parse_time(&format!("{date}T00:00:00Z"))),
            time => Some(parse_time(time)),
        };
        let Some(granted) = granted.map_or(Some(None), |time| time.map(Some)) else {
            return Err(fail(line, "granted_at is not a time such as 2026-03-01 or 2026-03-01T00:00:00Z".into()));
        };
        if grants.len() >= MOST_ROWS {
            return Err(fail(line, format!("more than {MOST_ROWS} rows: split the file by account")));
        }
        grants.push(Grant {
            identity: cell(Some(identity)).to_owned(),
            privilege: cell(Some(privilege)).to_owned(),
            scope: cell(column("scope")).to_owned(),
            source: cell(column("source")).to_owned(),
            granted,
        });
    }
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Grants, GrantsError> {
        Grants::read(&[Input { name, text }])
    }

    #[test]
    fn reads_the_csv_in_any_order_and_by_any_form() {
        let text = "privilege,identity,granted_at\ns3:GetObject,arn:aws:iam::123456789012:role/svc/Api,2026-01-02\n\"s3:*\",aws:role/123456789012/api,\n";
        let grants = read("g.csv", text).unwrap();
        let found = grants.of("aws:role/123456789012/API");
        assert_eq!(found.iter().map(|g| g.privilege.as_str()).collect::<Vec<_>>(), ["s3:GetObject", "s3:*"]);
        assert_eq!(found[0].granted, parse_time("2026-01-02T00:00:00Z"));
        assert!(grants.of("aws:role/111122223333/api").is_empty());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, expected) in [
            ("identity,right\n", "g.csv:1: unknown column `right`"),
            ("identity,scope\n", "g.csv:1: a grants file needs"),
            ("identity,privilege\na,b\n,c\n", "g.csv:3: identity or privilege is empty"),
            ("identity,privilege\na\n", "g.csv:2: 1 cells under 2 headings"),
            ("identity,privilege,granted_at\na,b,soon\n", "g.csv:2: granted_at is not a time"),
        ] {
            let error = read("g.csv", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(read("g.yaml", "a: [").is_err());
    }

    #[test]
    fn a_manifest_speaks_of_any_cluster() {
        assert_eq!(any_cluster("k8s:prod-eu:payments:api").as_deref(), Some("k8s:*:payments:api"));
        assert_eq!(any_cluster("k8s:arn:aws:eks:x:payments:api").as_deref(), Some("k8s:*:payments:api"));
        assert_eq!(any_cluster("aws:role/1/a"), None);
    }
}
