//! Teleport audit events.

use crate::Hints;
use crate::json::Value;
use crate::support::exact::{first, mentions};
use crate::support::fields::join;
use crate::support::names::{account, identity, is_mail, machine, person_id};
use crate::support::network::address;
use vires_event::{
    Activity, Actor, Credential, CredentialKind, Delegation, Identity, Kind, Link, Origin, Outcome, Session, Source, Target,
    Text,
};

pub(crate) fn detect(record: Value<'_>) -> bool {
    let coded = record.get_text("code").is_some_and(|code| {
        let b = code.as_bytes();
        b.len() >= 5
            && b.first() == Some(&b'T')
            && b.get(1).is_some_and(u8::is_ascii_alphanumeric)
            && code.ends_with(['I', 'W', 'E'])
    });
    coded && record.get("event").is_some_and(|event| event.str().is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = record.get_text("event")?;
    let mut activity = Activity::new(Source::Teleport, join("teleport:", &action));
    activity.time = record.get_text("time");
    activity.event_id = record.get_text("uid");
    activity.place.account = record.get_text("cluster_name");
    activity.place.host = first(record, &["server_hostname", "server_id"]);
    activity.origin = Origin {
        // Teleport flattens `addr` into keys with a dot.
        ip: record
            .get_text("addr.remote")
            .or_else(|| first(record, &["addr.remote", "remote_addr", "client_ip"]))
            .and_then(address),
        user_agent: first(record, &["user_agent", "client.user_agent"]),
        ..Origin::default()
    };
    activity.identity = who(record);
    let impersonator = first(record, &["impersonator", "identity.impersonator"]);
    activity.delegation = impersonator.map(|name| match name.strip_prefix("bot-") {
        Some(bot) => Delegation { by: join("teleport:bot:", bot), human: Some(false) },
        None if is_mail(&name) => Delegation { by: person_id(&name), human: Some(true) },
        None => Delegation { by: join("teleport:user:", &name), human: None },
    });
    // A bot renews its own certificates by impersonating its role.
    if activity.delegation.as_ref().map(|behind| &behind.by) == activity.identity.as_ref().map(|who| &who.id) {
        activity.delegation = None;
    }
    activity.session =
        first(record, &["sid", "session_id"]).map(|name| Session { name, mfa: record.get("mfa_device").map(|d| !d.is_null()) });
    activity.credential = first(record, &["token_name", "identity.credential_id"]).map(|id| Credential {
        kind: CredentialKind::Certificate,
        id: Some(id),
        issuer: None,
        issued: None,
    });
    activity.outcome = match record.get("success").and_then(|v| v.bool()) {
        Some(true) => Some(Outcome::Success),
        Some(false) => Some(Outcome::Denied),
        None if record.get_text("error").is_some() || record.get_text("exitError").is_some() => Some(Outcome::Error),
        None => Some(Outcome::Success),
    };
    activity.error_code = first(record, &["error"]);
    targets(record, &mut activity);
    if matches!(&*action, "cert.create" | "join_token.create")
        && let Some(credential) = first(record, &["identity.credential_id", "name"])
    {
        let owner = first(record, &["identity.user"]).map(|user| match user.strip_prefix("bot-") {
            Some(bot) => join("teleport:bot:", bot),
            None => join("teleport:user:", &user),
        });
        activity.links.push(Link::Issued { credential, owner });
    }
    activity.interactive = match &activity.identity {
        Some(who) if who.actor == Actor::Machine => Some(false),
        _ => record.get("interactive").and_then(|v| v.bool()),
    };
    Some(activity)
}

fn who(record: Value<'_>) -> Option<Identity<'_>> {
    let user = first(record, &["user", "identity.user", "bot_name"])?;
    let bot = record.get_text("user_kind").as_deref() == Some("2")
        || record.get_text("bot_name").is_some()
        || user.starts_with("bot-");
    if bot {
        let name = user.strip_prefix("bot-").unwrap_or(&user).to_owned();
        let mut who = machine(Kind::Bot, "teleport:bot:", Text::Owned(name));
        who.raw = Some(user);
        return Some(who);
    }
    Some(match is_mail(&user) {
        true => account(user, Actor::Human),
        false if user.starts_with("system") => machine(Kind::CloudService, "teleport:system:", user),
        false => identity(Kind::Human, Actor::Ambiguous, "teleport:user:", user),
    })
}

fn targets<'a>(record: Value<'a>, activity: &mut Activity<'a>) {
    let named = [
        ("path", "file"),
        ("db_name", "db"),
        ("db_service", "db"),
        ("kubernetes_cluster", "kube"),
        ("app_name", "app"),
        ("server_hostname", "node"),
        ("name", "resource"),
        ("resource", "resource"),
    ];
    let names = named.iter().filter_map(|(key, kind)| Some((kind, record.get_text(key)?)));
    activity.targets.extend(names.map(|(kind, name)| Target { name: Text::Owned(format!("teleport:{kind}/{name}")) }));
    let free = ["command", "login", "db_user", "db_query", "request_path", "verb", "roles.[]", "identity.roles.[]"];
    mentions(record, &free, &mut activity.mentions);
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check, decoded};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"ei":0,"event":"exec","uid":"u","code":"T3002I","time":"2026-01-05T08:00:00Z","cluster_name":"c","user":"bot-deployer","login":"root","server_hostname":"web-1","command":"id","addr.remote":"192.0.2.1:4000"}"#,
                source: "teleport",
                id: "teleport:bot:deployer",
                kind: "bot",
                actor: "machine",
                action: "teleport:exec",
                target: "teleport:node/web-1",
                outcome: "success",
            },
            Row {
                record: r#"{"event":"user.login","code":"T1000W","time":"2026-01-05T08:00:00Z","user":"jane@example.com","success":false,"error":"x"}"#,
                source: "teleport",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "teleport:user.login",
                target: "",
                outcome: "denied",
            },
        ]);
    }

    #[test]
    fn the_address_has_a_dot_in_its_key() {
        decoded(
            r#"{"event":"exec","code":"T3002I","user":"x","addr.remote":"192.0.2.1:4000","impersonator":"bot-ci"}"#,
            |found| {
                assert_eq!(found.origin.ip.as_deref(), Some("192.0.2.1"));
                assert_eq!(found.delegation.as_ref().unwrap().by, "teleport:bot:ci");
            },
        );
    }
}
