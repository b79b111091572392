//! Atlassian organisation audit log (cloud), and the audit files of Jira and Confluence Data Center.

use super::bitbucket;
use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::{address, url_host};
use crate::support::service_name::by_name;
use vires_event::{Activity, Actor, Credential, CredentialKind, Identity, Kind, Link, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get("attributes").is_some_and(|of| of.get("action").is_some() && of.get("actor").is_some())
        || (bitbucket::is_data_center(record) && !bitbucket::detect(record))
}

pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    if bitbucket::is_data_center(record) {
        return bitbucket::data_center(record, Source::Atlassian, "atlassian", hints);
    }
    let of = record.get("attributes")?;
    let action = of.get_text("action")?;
    let mut activity = Activity::new(Source::Atlassian, join("atlassian:", &action));
    activity.time = of.get_text("time");
    activity.event_id = record.get_text("id");
    let site = first(of, &["container.[].attributes.siteHostName", "container.[].attributes.siteName"]);
    activity.place.account = site.as_deref().map(|url| Text::Owned(url_host(url).unwrap_or(url).to_owned()));
    activity.origin = Origin {
        ip: first(of, &["location.ip", "actor.ip", "ip"]).and_then(address),
        user_agent: first(of, &["userAgent", "actor.userAgent"]),
        ..Origin::default()
    };
    activity.identity = of.get("actor").and_then(who);
    activity.credential = of.path("actor.auth").and_then(token);
    activity.outcome =
        Some(if action.contains("failed") || action.contains("denied") { Outcome::Denied } else { Outcome::Success });
    let own = activity.identity.as_ref().map(|who| who.name.clone());
    for context in of.get("context").into_iter().flat_map(|list| list.items()).take(8) {
        let kind = context.get_text("type").unwrap_or("object".into());
        let email = first(context, &["attributes.email"]);
        if let Some(name) = email.clone().or_else(|| first(context, &["attributes.name", "id"])) {
            activity.targets.push(Target { name: Text::Owned(format!("atlassian:{kind}/{name}")) });
        }
        if let Some(email) = email {
            activity.destinations.extend(foreign_domain(own.as_deref(), &email));
            if action == "user_logged_in_as_user" {
                activity.links.push(Link::Became { id: crate::support::names::person_id(&email) });
            }
        }
        strings(context.get("attributes"), &mut activity.mentions);
    }
    settle_interactive(&mut activity);
    Some(activity)
}

/// The token that a request was made with, which a script holds as often as the person whose it is.
fn token(auth: Value<'_>) -> Option<Credential<'_>> {
    let kind = auth.get_text("authType")?;
    kind.to_ascii_lowercase().contains("token").then(|| Credential {
        kind: CredentialKind::ApiToken,
        id: auth.get_text("tokenId"),
        issuer: None,
        issued: None,
    })
}

fn who(actor: Value<'_>) -> Option<Identity<'_>> {
    let email = actor.get_text("email");
    match (actor.get_text("accountType").or_else(|| actor.get_text("type")).as_deref(), email) {
        (Some("app"), email) => {
            Some(machine(Kind::OauthApp, "atlassian:app:", email.or_else(|| first(actor, &["name", "id"]))?))
        }
        (Some("system"), _) => Some(machine(Kind::CloudService, "atlassian:system:", first(actor, &["name", "id"])?)),
        (_, Some(email)) => {
            let by_token = actor.get("auth").and_then(token).is_some();
            Some(account(email, if by_token { Actor::Ambiguous } else { Actor::Human }))
        }
        (_, None) => {
            let mut who = identity(Kind::Human, Actor::Ambiguous, "atlassian:user:", first(actor, &["id", "name"])?);
            who.name = actor.get_text("name").unwrap_or(who.name);
            Some(by_name(who))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"1","attributes":{"time":"2026-01-05T08:00:00Z","action":"user_logged_in_as_user","actor":{"id":"a","email":"jane@example.com"},"context":[{"type":"users","attributes":{"email":"joe@example.com"}}]},"message":{"content":"x"}}"#,
                source: "atlassian",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "atlassian:user_logged_in_as_user",
                target: "atlassian:users/joe@example.com",
                outcome: "success",
            },
            Row {
                record: r#"{"timestamp":"2026-01-05T08:00:00Z","author":{"name":"svc","id":"7","type":"user"},"auditType":{"action":"Space exported","category":"Import/Export"},"affectedObjects":[{"name":"DOCS","type":"Space"}],"system":"https://confluence.example.com"}"#,
                source: "atlassian",
                id: "atlassian:user:svc",
                kind: "service_account",
                actor: "ambiguous",
                action: "atlassian:Space exported",
                target: "atlassian:Space/DOCS",
                outcome: "success",
            },
        ]);
    }
}
