//! AWS IAM. Reads, from the credential report (`aws iam get-credential-report`): `user`, `arn`, `password_enabled`, `mfa_active`,
//! `access_key_*_active`, `access_key_*_last_rotated`, `access_key_*_last_used_{date,region,service}`. From JSON (`aws iam get-role`,
//! `list-roles`, `list-users`, `get-account-authorization-details`, `aws resourcegroupstaggingapi get-resources`): the ARN, name,
//! description, maximum session duration and tags of each role and user.

use super::labels::Labels;
use super::{Input, each, json};
use crate::draft::Draft;
use crate::error::Error;
use crate::globs::Globs;
use crate::inventory::forms;
use crate::toml_file::{FileError, Source};
use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

pub fn read(inputs: &[Input<'_>]) -> Result<Vec<Draft>, Error> {
    each(inputs, |input| if input.text.trim_start().starts_with(['{', '[']) { tags(input) } else { report(input) })
}

fn report(input: &Input<'_>) -> Result<Vec<Draft>, FileError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(input.text.as_bytes());
    let fail = |line, message: String| FileError::new(input.name, line, message);
    let header = reader.headers().map_err(|error| fail(1, error.to_string()))?.clone();
    let column = |name: &str| header.iter().position(|column| column == name);
    if column("user").is_none() || column("arn").is_none() || column("access_key_1_active").is_none() {
        let message = "no credential report: the first line must name user, arn, password_enabled, access_key_1_active …";
        return Err(fail(1, message.into()));
    }
    let source = Source::new(input.name, input.text);
    let mut drafts = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fail(crate::inventory::line_of(&source, error.position()), error.to_string()))?;
        let line = crate::inventory::line_of(&source, record.position());
        drafts.extend(user(&Row { header: &header, record: &record }, input.name, line));
    }
    Ok(drafts)
}

struct Row<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// A cell that says something.
    fn cell(&self, name: &str) -> Option<&'a str> {
        let at = self.header.iter().position(|column| column == name)?;
        self.record.get(at).filter(|cell| !matches!(*cell, "" | "N/A" | "no_information" | "not_supported"))
    }

    fn is_true(&self, name: &str) -> bool {
        self.cell(name).is_some_and(|cell| cell.eq_ignore_ascii_case("true"))
    }
}

/// A user with access keys, or with nothing. One with a password and no keys is a person, and the root user is nobody's workload.
fn user(row: &Row<'_>, file: &str, line: usize) -> Option<Draft> {
    let (name, arn) = (row.cell("user")?, row.cell("arn")?);
    let keys: Vec<u8> = [1, 2].into_iter().filter(|n| row.is_true(&format!("access_key_{n}_active"))).collect();
    let password = row.is_true("password_enabled");
    if name == "<root_account>" || (password && keys.is_empty()) {
        return None;
    }
    let mut draft = Draft::new(name, format!("{file}:{line}, credential report"));
    draft.principal(arn);
    if keys.is_empty() {
        draft.note("check: no active credential; unused users are better deleted");
    } else {
        draft.workload.expect.credentials = Some(Globs::new(["access_key"]));
    }
    for n in keys {
        let cell = |what: &str| row.cell(&format!("access_key_{n}_{what}"));
        let rotated = cell("last_rotated").unwrap_or("an unknown date");
        let used = match (cell("last_used_date"), cell("last_used_region"), cell("last_used_service")) {
            (None, ..) => "never used".to_string(),
            (Some(date), region, service) => {
                format!(
                    "last used {date} in {} for {}",
                    region.unwrap_or("an unknown region"),
                    service.unwrap_or("an unknown service")
                )
            }
        };
        draft.note(format!("access key {n} of {rotated}, {used}"));
    }
    if password {
        draft.note("check: has a console password as well as keys; a person may use it");
    } else {
        draft.workload.expect.allow_interactive = Some(false);
    }
    Some(draft)
}

fn tags(input: &Input<'_>) -> Result<Vec<Draft>, FileError> {
    let root: Value = json::read(input)?;
    let mut drafts = Vec::new();
    for key in ["Roles", "Users", "RoleDetailList", "UserDetailList", "ResourceTagMappingList"] {
        drafts.extend(json::items(&root, key).iter().filter_map(|entry| principal(entry, input.name)));
    }
    for entry in [root.get("Role"), root.get("User")].into_iter().flatten() {
        drafts.extend(principal(entry, input.name));
    }
    for entry in root.as_array().into_iter().flatten() {
        drafts.extend(principal(entry, input.name));
    }
    if drafts.is_empty() {
        let message = "no role or user with an ARN: expected the JSON of list-roles, get-role, get-account-authorization-details or get-resources";
        return Err(FileError::new(input.name, 0, message));
    }
    Ok(drafts)
}

fn principal(entry: &Value, file: &str) -> Option<Draft> {
    let arn = json::text(entry, "Arn").or_else(|| json::text(entry, "ResourceARN"))?;
    let canonical = forms(arn).into_iter().nth(1).filter(|id| id.starts_with("aws:role/") || id.starts_with("aws:user/"))?;
    // Roles that AWS made for its own services are not ours to own.
    if arn.contains(":role/aws-service-role/") {
        return None;
    }
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let mut labels = Labels::default();
    for tag in json::items(entry, "Tags") {
        if let (Some(key), Some(value)) = (json::text(tag, "Key"), json::text(tag, "Value")) {
            labels.push(key, value);
        }
    }
    let mut draft = Draft::new(labels.workload().unwrap_or(name), format!("{file}, tags of {canonical}"));
    draft.principal(arn);
    draft.workload.purpose = json::text(entry, "Description").map(str::to_string);
    labels.fill(&mut draft);
    // The longest session of a role bounds the age of what it hands out.
    if let Some(seconds) = entry.get("MaxSessionDuration").and_then(Value::as_i64).filter(|s| (1..=1_000_000).contains(s)) {
        draft.workload.expect.max_cred_age = Some(seconds * 1000);
    }
    Some(draft)
}
