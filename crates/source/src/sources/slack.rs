//! Slack Enterprise audit logs: who (`actor`) did what (`action`) to what (`entity`) from where (`context`).

use crate::Hints;
use crate::json::Value;
use crate::support::exact::first;
use crate::support::fields::{join, strings};
use crate::support::names::{account, foreign_domain, identity, machine, settle_interactive};
use crate::support::network::{address, is_browser, url_host};
use crate::support::service_name::by_name;
use vires_event::{Activity, Actor, Identity, Kind, Link, Origin, Outcome, Session, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let context = record
        .get("context")
        .is_some_and(|c| c.get("ua").is_some() || c.get("location").is_some() || c.get("ip_address").is_some());
    let entity = record.get("entity").is_some_and(|entity| entity.get("type").is_some());
    (context || entity)
        && record.get("action").is_some_and(|action| action.str().is_some())
        && record.path("actor.type").is_some()
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("action")?;
    let mut activity = Activity::new(Source::Slack, join("slack:", &action));
    activity.time = record.get_text("date_create");
    activity.event_id = record.get_text("id");
    activity.place.account = first(record, &["context.location.domain", "context.location.name", "context.location.id"]);
    activity.origin = Origin {
        ip: first(record, &["context.ip_address"]).and_then(address),
        user_agent: first(record, &["context.ua"]),
        ..Origin::default()
    };
    activity.session = first(record, &["context.session_id"]).map(|name| Session { name, mfa: None });
    // What an app does with a user's token is told as the user's.
    let app = record.path("context.app").is_some_and(|app| app.fields().next().is_some());
    let browser = activity.origin.user_agent.as_deref().is_some_and(is_browser);
    let actor = if app && !browser { Actor::Ambiguous } else { Actor::Human };
    activity.identity = record.get("actor").and_then(|of| who(of, actor));
    activity.outcome = Some(if ["_failed", "_denied", "_blocked"].iter().any(|end| action.ends_with(end)) {
        Outcome::Denied
    } else {
        Outcome::Success
    });
    if let Some(entity) = record.get("entity") {
        targets(entity, &mut activity);
    }
    strings(record.get("details"), &mut activity.mentions);
    destinations(record, &mut activity);
    if action == "bot_token_upgraded" || action == "app_installed" {
        let app = first(record, &["entity.app.id"]).map(|id| join("slack:app:", &id));
        let token = first(record, &["details.bot_token_id", "details.token_id"]);
        activity.links.extend(token.map(|credential| Link::Issued { credential, owner: app }));
    }
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(actor: Value<'_>, user: Actor) -> Option<Identity<'_>> {
    let kind = actor.get_text("type")?;
    let of = actor.get(&kind).unwrap_or(actor);
    match &*kind {
        "user" => {
            let is_bot = of.get("is_bot").and_then(|v| v.bool()) == Some(true);
            match (of.get_text("email"), is_bot) {
                (_, true) => Some(machine(Kind::Bot, "slack:bot:", first(of, &["name", "id"])?)),
                (Some(email), _) => Some(account(email, user)),
                // Apps act under user ids too; without an address nothing says that this is a person.
                (None, _) => {
                    let id = first(of, &["id", "name"])?;
                    let mut who = identity(Kind::Human, Actor::Ambiguous, "slack:user:", id);
                    who.name = of.get_text("name").unwrap_or(who.name);
                    Some(by_name(who))
                }
            }
        }
        "app" | "bot" | "workflow" => {
            let mut who = machine(
                if &*kind == "app" { Kind::OauthApp } else { Kind::Bot },
                &format!("slack:{kind}:"),
                first(of, &["id", "name"])?,
            );
            who.name = of.get_text("name").unwrap_or(who.name);
            Some(who)
        }
        _ => Some(identity(Kind::OauthApp, Actor::Ambiguous, "slack:actor:", first(of, &["email", "name", "id"])?)),
    }
}

fn targets<'a>(entity: Value<'a>, activity: &mut Activity<'a>) {
    let kind = entity.get_text("type").unwrap_or("entity".into());
    let of = entity.get(&kind).unwrap_or(entity);
    let name = first(of, &["email", "name", "title", "domain", "id"]);
    activity.targets.extend(name.map(|name| Target { name: Text::Owned(format!("slack:{kind}/{name}")) }));
    strings(of.get("scopes"), &mut activity.mentions);
}

fn destinations<'a>(record: Value<'a>, activity: &mut Activity<'a>) {
    let own = activity.identity.as_ref().map(|who| who.name.clone());
    let other = first(record, &["entity.user.email", "details.invited_email", "details.email", "details.target_user_email"]);
    if let Some(other) = other {
        activity.destinations.extend(foreign_domain(own.as_deref(), &other));
    }
    activity
        .destinations
        .extend(first(record, &["details.external_organization_name", "details.shared_to", "details.external_team_id"]));
    if let Some(url) = first(record, &["details.url", "details.webhook_url", "details.request_url"]) {
        activity.destinations.extend(url_host(&url).map(|host| Text::Owned(host.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"id":"1","date_create":1700000000,"action":"app_installed","actor":{"type":"user","user":{"id":"W1","email":"jane@example.com"}},"entity":{"type":"app","app":{"id":"A1","name":"report-bot"}},"context":{"ua":"x","ip_address":"192.0.2.3"}}"#,
                source: "slack",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "slack:app_installed",
                target: "slack:app/report-bot",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"file_uploaded","actor":{"type":"user","user":{"id":"W1","email":"reports@example.com"}},"entity":{"type":"file","file":{"id":"F1","name":"plan.pdf"}},"context":{"ua":"python-slackclient/3","ip_address":"192.0.2.3","app":{"id":"A1","name":"reports"}}}"#,
                source: "slack",
                id: "person:reports@example.com",
                kind: "human",
                actor: "ambiguous",
                action: "slack:file_uploaded",
                target: "slack:file/plan.pdf",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"file_downloaded","actor":{"type":"app","app":{"id":"A1","name":"archiver"}},"entity":{"type":"file","file":{"id":"F1","name":"plan.pdf"}},"context":{"ip_address":"192.0.2.3"}}"#,
                source: "slack",
                id: "slack:app:A1",
                kind: "oauth_app",
                actor: "machine",
                action: "slack:file_downloaded",
                target: "slack:file/plan.pdf",
                outcome: "success",
            },
            Row {
                record: r#"{"action":"user_login_failed","actor":{"type":"user","user":{"id":"W1","name":"x"}},"context":{"ua":"x"}}"#,
                source: "slack",
                id: "slack:user:W1",
                kind: "human",
                actor: "ambiguous",
                action: "slack:user_login_failed",
                target: "",
                outcome: "denied",
            },
        ]);
    }
}
