//! Outside parties that a request lets in or sends something to.
//!
//! Account ids, buckets and addresses are looked for where a request names a receiver; account ids in the statements of policies,
//! which stand in the log as objects or as JSON in a string. The accounts of the record itself are nobody outside.

use super::Record;
use crate::json::{Tape, Type, Value};
use crate::support::aws::Arn;
use crate::support::cloud::bounded;
use crate::support::names::is_mail;
use crate::support::network::url_host;
use vires_event::Text;

const MAX_DESTINATIONS: usize = 16;
/// A policy longer than this is not one that AWS accepts.
const MAX_POLICY: usize = 256 * 1024;

struct Found<'o, 'a> {
    own: [&'o str; 2],
    out: &'o mut Vec<Text<'a>>,
    /// A service that is admitted for what belongs to these accounts.
    serves: Option<Text<'a>>,
    /// Somebody else is admitted.
    others: bool,
}

impl<'a> Found<'_, 'a> {
    fn push(&mut self, name: Text<'a>) {
        if self.out.len() < MAX_DESTINATIONS && !self.out.contains(&name) {
            self.out.push(bounded(name, 256));
        }
    }

    fn account(&mut self, id: &str) {
        if !self.own.contains(&id) {
            self.push(id.to_owned().into());
        }
    }

    /// Somebody is admitted; `bound` if only for what belongs to these accounts.
    fn admit(&mut self, whom: Text<'a>, bound: bool) {
        if bound && is_service(&whom) {
            self.serves = Some(whom);
        } else {
            self.others = true;
        }
    }

    /// An account id or an ARN with one; `*` and `all` are everybody.
    fn principal(&mut self, text: &str) {
        if is_account(text) {
            self.account(text);
        } else if matches!(text, "*" | "all") {
            self.push("public".into());
        } else if let Some(account) = Arn::parse(text).map(|a| a.account).filter(|a| is_account(a)) {
            self.account(account);
        }
    }
}

/// True for the name of a service as policies write it.
fn is_service(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    text.ends_with(".amazonaws.com") && text.len() <= 64 && text.bytes().all(plain)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Fills in who receives something; answers with the service that serves, if nobody but services of the cloud is admitted, and they only
/// for things of the same accounts.
pub(super) fn read<'a>(
    r: &Record<'a>,
    service: &str,
    operation: &str,
    own: [&str; 2],
    out: &mut Vec<Text<'a>>,
) -> Option<Text<'a>> {
    let mut found = Found { own, out, serves: None, others: false };
    if let Some(resources) = r.resources.filter(|_| puts_down(service, operation)) {
        owners(resources).for_each(|account| found.account(&account));
    }
    let parameters = r.parameters.filter(|p| p.is_object())?;
    // Who takes on a role receives nothing.
    if service == "sts" {
        return None;
    }
    for (_, value) in parameters.fields() {
        if value.get("Statement").is_some() {
            policy(value, &mut found);
        } else {
            receivers(value, service, operation, &mut found);
        }
    }
    // One statement for each request.
    if let Some(whom) = ["principal", "granteePrincipal"].iter().find_map(|key| parameters.get_text(key)) {
        let bound = ["sourceArn", "sourceAccount"].iter().filter_map(|key| parameters.get_text(key));
        // A grant of a key is used by the service for the caller alone.
        let bound = service == "kms" || bound.into_iter().any(|text| is_of(&text, &found.own));
        found.admit(whom, bound);
    }
    // Whoever lets a service take on a role hands out the role.
    found.serves.filter(|_| service != "iam" && !found.others && found.out.is_empty())
}

/// True for the number of one of these accounts, or an ARN that bears it: that of a bucket bears none.
fn is_of(text: &str, own: &[&str]) -> bool {
    let account = Arn::parse(text).map_or(text, |arn| arn.account);
    is_account(account) && own.contains(&account)
}

/// True for requests that put an object into a bucket: whoever owns that bucket has it then.
pub(super) fn puts_down(service: &str, operation: &str) -> bool {
    service == "s3"
        && matches!(
            operation,
            "PutObject"
                | "PostObject"
                | "CopyObject"
                | "CompleteMultipartUpload"
                | "CreateMultipartUpload"
                | "UploadPart"
                | "UploadPartCopy"
        )
}

/// The accounts that own what a record names.
fn owners<'a>(resources: Value<'a>) -> impl Iterator<Item = Text<'a>> {
    resources.items().filter_map(|resource| resource.get("accountId")?.text()).filter(|account| is_account(account))
}

fn receivers<'a>(value: Value<'a>, service: &str, operation: &str, found: &mut Found<'_, 'a>) {
    let exports = || operation.contains("Export") || operation.contains("Replication") || operation.contains("Copy");
    for (key, leaf) in value.leaves() {
        if leaf.kind() != Type::String {
            continue;
        }
        let raw = leaf.raw();
        if raw.len() > 40 && raw.contains("Statement") && raw.contains("Principal") {
            if let Some(text) = leaf.str().filter(|t| t.len() <= MAX_POLICY)
                && let Ok(document) = Tape::default().parse(&text)
            {
                policy(document, found);
            }
            continue;
        }
        // The longest receiver is an address or an ARN.
        if raw.len() > 2048 || !may_receive(key) {
            continue;
        }
        let Some(text) = leaf.text() else { continue };
        match key {
            "" | "userId" | "accountId" | "account" | "Account" | "AccountId" | "awsAccountId" | "accountIds" => {
                if is_account(&text)
                    || text == "all" && matches!(operation, "ModifyDBSnapshotAttribute" | "ModifyDBClusterSnapshotAttribute")
                {
                    found.principal(&text);
                } else if key.is_empty() && is_mail(&text) {
                    found.push(text);
                }
            }
            "group" if text == "all" => found.push("public".into()),
            "uRI" | "URI" if text.ends_with("/AllUsers") || text.ends_with("/AuthenticatedUsers") => {
                found.push("public".into())
            }
            "x-amz-acl" if text.starts_with("public-") => found.push("public".into()),
            "principal" | "granteePrincipal" | "principalArn" => found.principal(&text),
            "Bucket" | "s3Bucket" | "s3BucketName" | "bucket" | "destinationBucket"
                if text.starts_with("arn:") || exports() =>
            {
                found.push(bucket(&text));
            }
            "logDestination" | "destinationArn" | "destination" | "targetArn" => {
                if text.starts_with("arn:") {
                    if Arn::parse(&text).is_some_and(|a| a.service == "s3") {
                        found.push(bucket(&text));
                    }
                    found.principal(&text);
                } else if exports() {
                    found.push(bucket(&text));
                }
            }
            "endpoint" => endpoint(text, found),
            "id" if service == "organizations" && (is_account(&text) || is_mail(&text)) => found.push(text),
            "url" if operation == "CreateOpenIDConnectProvider" => {
                if let Some(host) = url_host(&text) {
                    found.push(host.to_owned().into());
                }
            }
            _ => {}
        }
    }
}

/// True for the names of values that may stand for a receiver by themselves.
fn may_receive(key: &str) -> bool {
    matches!(
        key,
        "" | "userId"
            | "accountId"
            | "account"
            | "Account"
            | "AccountId"
            | "awsAccountId"
            | "accountIds"
            | "group"
            | "uRI"
            | "URI"
            | "x-amz-acl"
            | "principal"
            | "granteePrincipal"
            | "principalArn"
            | "Bucket"
            | "s3Bucket"
            | "s3BucketName"
            | "bucket"
            | "destinationBucket"
            | "logDestination"
            | "destinationArn"
            | "destination"
            | "targetArn"
            | "endpoint"
            | "id"
            | "url"
    )
}

/// True if parameters of these names may let somebody in, whatever their texts are, as long as none of them is escaped: a policy in a
/// text has quotes.
pub(super) fn may_give(parameters: Value<'_>) -> bool {
    parameters.fields().any(|(_, value)| value.get("Statement").is_some())
        || parameters.leaves().any(|(key, _)| may_receive(key))
}

fn bucket<'a>(text: &str) -> Text<'a> {
    let name = Arn::parse(text).filter(|a| a.service == "s3").map_or(text, |a| a.resource);
    ["s3:", name.split('/').next().unwrap_or(name)].concat().into()
}

/// A subscription's end: a mail address, a URL, a queue or a telephone number.
fn endpoint<'a>(text: Text<'a>, found: &mut Found<'_, 'a>) {
    if text.starts_with("arn:") {
        found.principal(&text);
    } else if is_mail(&text) {
        found.push(text);
    } else if let Some(host) = url_host(&text).filter(|_| text.contains("://")) {
        found.push(host.to_owned().into());
    }
}

/// Principals that the allowing statements of a policy let in.
fn policy(document: Value<'_>, found: &mut Found<'_, '_>) {
    let Some(statements) = document.get("Statement") else { return };
    let one = statements.is_object().then_some(statements);
    for statement in one.into_iter().chain(statements.items()) {
        if statement.get("Effect").and_then(|e| e.str()).is_some_and(|e| e == "Deny") {
            continue;
        }
        let Some(principal) = statement.get("Principal") else {
            // All but some are everybody.
            found.others |= statement.get("NotPrincipal").is_some();
            continue;
        };
        // A condition on who or where makes everybody into somebody.
        let narrowed = statement.get("Condition").is_some_and(narrows);
        let bound = statement.get("Condition").is_some_and(|condition| binds(condition, &found.own));
        // The items of a list have no names of their own.
        let only_services = principal.is_object() && principal.fields().all(|(key, _)| key == "Service");
        let service = |key: &str| key == "Service" || (key.is_empty() && only_services);
        for (key, leaf) in principal.leaves() {
            let Some(text) = leaf.text() else { continue };
            if service(key) {
                found.admit(text.into_owned().into(), bound);
                continue;
            }
            // That the account may use what it has is said in every policy of a key.
            let root = Arn::parse(&text).is_some_and(|arn| arn.resource == "root" && found.own.contains(&arn.account));
            found.others |= !root && !found.own.contains(&&*text);
            if !(text == "*" && narrowed) {
                found.principal(&text);
            }
        }
    }
}

fn narrows(condition: Value<'_>) -> bool {
    const KEYS: [&str; 9] = [
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
    ];
    condition.fields().any(|(_, operator)| operator.fields().any(|(key, _)| KEYS.iter().any(|k| key.eq_ignore_ascii_case(k))))
}

/// True if a condition demands that a service acts for these accounts alone. Values of one demand are alternatives, so each must bind.
fn binds(condition: Value<'_>, own: &[&str]) -> bool {
    const KEYS: [&str; 2] = ["aws:sourcearn", "aws:sourceaccount"];
    const OPERATORS: [&str; 5] = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"];
    let operators = condition.fields().filter(|(operator, _)| OPERATORS.contains(operator));
    let mut demands = operators.flat_map(|(_, operator)| operator.fields());
    demands.any(|(key, value)| {
        let texts = || value.leaves().map(|(_, leaf)| leaf.text().unwrap_or_default());
        KEYS.iter().any(|known| key.eq_ignore_ascii_case(known))
            && texts().next().is_some()
            && texts().all(|text| is_of(&text, own))
    })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::decoded;
    use vires_event::Link;

    fn serves(service: &str, name: &str, parameters: &str) -> bool {
        let record = format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","accountId":"123456789012","userName":"u"}},"eventSource":"{service}.amazonaws.com","eventName":"{name}","recipientAccountId":"123456789012","requestParameters":{{{parameters}}}}}"#
        );
        let mut serves = false;
        decoded(&record, |a| serves = a.links.iter().any(|link| matches!(link, Link::Serves { .. })));
        serves
    }

    #[test]
    fn a_service_serves_if_it_acts_for_the_own_account_alone() {
        let policy = |statements: &[&str]| {
            let allowed: String = statements.iter().map(|s| format!(r#"{{"Effect":"Allow","Principal":{s}}},"#)).collect();
            let document = format!(r#"{{"Statement":[{allowed}{{"Effect":"Deny","Principal":"*"}}]}}"#);
            let written = format!(r#""policy":{}"#, serde_json::to_string(&document).unwrap());
            let objects = serves("s3", "PutBucketPolicy", &format!(r#""bucketName":"b","bucketPolicy":{document}"#));
            assert_eq!(serves("sqs", "AddThing", &written), objects, "a policy in a text says the same");
            objects
        };
        const OWN: &str = r#"{"Service":"a.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#;
        assert!(policy(&[OWN]));
        assert!(policy(&[
            r#"{"Service":["a.amazonaws.com","b.amazonaws.com"]},"Condition":{"ArnLike":{"AWS:SourceArn":["arn:aws:cloudfront::123456789012:distribution/E"]}}"#,
            r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
        ]));
        for not in [
            r#"{"Service":"a.amazonaws.com"}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":["123456789012","999988887777"]}}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"StringNotEquals":{"aws:SourceAccount":"123456789012"}}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::b"}}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:t"}}"#,
            r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
        ] {
            assert!(!policy(&[not]), "{not}");
        }
        for not in [
            r#"{"Service":"a.amazonaws.com"},"Condition":{"ForAllValues:StringEquals":{"aws:SourceAccount":"123456789012"}}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"NumericGreaterThan":{"aws:SourceAccount":"123456789012"}}"#,
            r#"{"Service":"a.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:s3:::b","arn:aws:sns:eu-west-1:123456789012:t"]}}"#,
            r#"{"Federated":"cognito-identity.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#,
        ] {
            assert!(!policy(&[not]), "{not}");
        }
        let all_but = format!(
            r#""bucketName":"b","bucketPolicy":{{"Statement":[{{"Effect":"Allow","Principal":{OWN}}},{{"Effect":"Allow","NotPrincipal":{{"AWS":"123456789012"}}}}]}}"#
        );
        assert!(!serves("s3", "PutBucketPolicy", &all_but), "all but some are everybody");
        let trust = format!(r#""roleName":"admin","policyDocument":{{"Statement":[{{"Effect":"Allow","Principal":{OWN}}}]}}"#);
        assert!(!serves("iam", "UpdateAssumeRolePolicy", &trust), "whom a role trusts has its power");
        for other in [r#"{"AWS":"arn:aws:iam::123456789012:role/x"}"#, r#"{"AWS":"999988887777"}"#, r#""*""#] {
            assert!(!policy(&[OWN, other]), "{other}");
        }
    }

    #[test]
    fn one_statement_says_the_same_in_parameters() {
        let permits =
            |more: &str| serves("lambda", "AddPermission20150331v2", &format!(r#""functionName":"f","principal":{more}"#));
        assert!(permits(r#""events.amazonaws.com","sourceArn":"arn:aws:events:eu-west-1:123456789012:rule/nightly""#));
        assert!(permits(r#""s3.amazonaws.com","sourceArn":"arn:aws:s3:::b","sourceAccount":"123456789012""#));
        assert!(!permits(r#""s3.amazonaws.com","sourceArn":"arn:aws:s3:::b""#));
        assert!(!permits(r#""123456789012","sourceAccount":"123456789012""#));
        let grants = |whom: &str| serves("kms", "CreateGrant", &format!(r#""keyId":"k","granteePrincipal":"{whom}""#));
        assert!(grants("rds.eu-west-1.amazonaws.com"));
        assert!(!grants("arn:aws:iam::123456789012:role/x"));
    }
}
