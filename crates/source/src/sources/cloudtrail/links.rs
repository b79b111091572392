//! Joins to later records: keys issued here, roles taken on here.

use super::{Record, word};
use crate::json::Value;
use crate::support::aws;
use vires_event::{Identity, Link, Text};

/// `own`: the accounts of the record and of its caller.
pub(super) fn read<'a>(
    r: &Record<'a>,
    operation: &str,
    identity: Option<&Identity<'a>>,
    own: [&str; 2],
    links: &mut Vec<Link<'a>>,
) {
    let Some(response) = r.response.filter(|v| v.is_object()) else {
        // Trimmed records keep what was asked for.
        if r.error_code.is_none() && operation.starts_with("AssumeRole") {
            let role = r.parameters.and_then(|p| p.get_text("roleArn"));
            let became = role.as_ref().and_then(aws::principal);
            links.extend(became.map(|principal| Link::Became { id: principal.identity.id }));
        }
        return;
    };
    let me = || identity.map(|i| i.id.clone());
    let parameter = |key: &str| r.parameters.and_then(|p| p.get_text(key));
    let mut became = None;
    if let Some(name) = operation.strip_prefix("AssumeRo") {
        became = match name {
            "ot" => parameter("targetPrincipal").and_then(|t| root_of(&t)),
            _ => assumed(response, parameter("roleArn")),
        };
        links.extend(became.clone().map(|id| Link::Became { id }));
    }
    let owner = || match operation {
        "GetFederationToken" => response.path_text("federatedUser.arn").and_then(|arn| Some(aws::principal(&arn)?.identity.id)),
        _ => became.clone().or_else(me),
    };
    if let Some(credential) = key_of(response.get("credentials")) {
        links.push(Link::Issued { credential, owner: owner() });
    }
    if let Some(key) = response.get("accessKey")
        && let Some(credential) = key_of(Some(key))
    {
        let account = own.into_iter().find(|a| !a.is_empty()).unwrap_or("");
        let owner = key.get_text("userName").map(|name| aws::user(account, name, None).id).or_else(me);
        links.push(Link::Issued { credential, owner });
    }
    if let Some(special) = response.get("serviceSpecificCredential")
        && let Some(credential) = word(special.get("serviceSpecificCredentialId"))
    {
        let account = own.into_iter().find(|a| !a.is_empty()).unwrap_or("");
        let owner = special.get_text("userName").map(|name| aws::user(account, name, None).id);
        links.push(Link::Issued { credential, owner });
    }
}

fn key_of<'a>(holder: Option<Value<'a>>) -> Option<Text<'a>> {
    word(holder?.get("accessKeyId"))
}

fn root_of<'a>(target: &str) -> Option<Text<'a>> {
    let account = aws::Arn::parse(target).map_or(target, |a| a.account);
    (account.len() == 12).then(|| aws::root(account).id)
}

/// The identity behind an assumed role: its session tells whether it is a person's.
fn assumed<'a>(response: Value<'a>, role: Option<Text<'a>>) -> Option<Text<'a>> {
    let session = response.path_text("assumedRoleUser.arn");
    let principal = session.as_ref().or(role.as_ref()).and_then(aws::principal)?;
    Some(principal.identity.id)
}
