//! MongoDB Atlas organisation and project events. Shippers are known to lower-case the keys.

use crate::Hints;
use crate::json::Value;
use crate::support::fields::{any_case, first, join, say};
use crate::support::names::{account, foreign_domain, identity, is_mail, machine, settle_interactive};
use crate::support::network::address;
use vires_event::{Activity, Actor, Credential, CredentialKind, Identity, Kind, Link, Origin, Outcome, Source, Target, Text};

pub(crate) fn detect(record: Value<'_>) -> bool {
    record.get("eventTypeName").or_else(|| record.get("eventtypename")).is_some_and(|name| name.str().is_some())
}

pub(crate) fn decode<'a>(record: Value<'a>, _hints: &Hints<'a>) -> Option<Activity<'a>> {
    let action = say(record, "eventTypeName")?;
    let mut activity = Activity::new(Source::MongodbAtlas, join("mongodb_atlas:", &action));
    activity.time = say(record, "created");
    activity.event_id = say(record, "id");
    activity.place.account = first(record, &["groupId", "orgId"]);
    activity.origin = Origin { ip: say(record, "remoteAddress").and_then(address), ..Origin::default() };
    activity.credential = say(record, "publicKey").map(|id| Credential {
        kind: CredentialKind::ApiToken,
        id: Some(id),
        issuer: None,
        issued: None,
    });
    activity.identity = who(record);
    activity.outcome =
        Some(if action.contains("FAILED") || action.contains("DENIED") { Outcome::Denied } else { Outcome::Success });
    let named = [
        ("targetUsername", "user"),
        ("targetPublicKey", "key"),
        ("dbUserUsername", "database_user"),
        ("whitelistEntry", "access_list"),
        ("clusterName", "cluster"),
        ("teamName", "team"),
        ("groupName", "project"),
        ("alertConfigId", "alert"),
    ];
    let names = named.iter().filter_map(|(key, kind)| Some((kind, say(record, key)?)));
    activity.targets.extend(names.map(|(kind, name)| Target { name: Text::Owned(format!("mongodb_atlas:{kind}/{name}")) }));
    if activity.targets.is_empty() {
        activity.targets.extend(activity.place.account.clone().map(|id| Target { name: join("mongodb_atlas:", &id) }));
    }
    let own = activity.identity.as_ref().map(|who| who.name.clone());
    activity.destinations.extend(say(record, "targetUsername").and_then(|name| foreign_domain(own.as_deref(), &name)));
    if action == "API_KEY_CREATED"
        && let Some(key) = say(record, "targetPublicKey")
    {
        let owner = Some(join("mongodb_atlas:key:", &key));
        activity.links.push(Link::Issued { credential: key, owner });
    }
    settle_interactive(&mut activity);
    Some(activity)
}

fn who(record: Value<'_>) -> Option<Identity<'_>> {
    if let Some(key) = say(record, "publicKey") {
        return Some(machine(Kind::Token, "mongodb_atlas:key:", key));
    }
    if any_case(record, "isMmsAdmin").or_else(|| any_case(record, "isGlobalAdmin")).and_then(|v| v.bool()) == Some(true) {
        let name = say(record, "username").unwrap_or("mongodb".into());
        return Some(machine(Kind::CloudService, "mongodb_atlas:support:", name));
    }
    let name = first(record, &["username", "userId"])?;
    Some(if is_mail(&name) {
        account(name, Actor::Human)
    } else {
        identity(Kind::Human, Actor::Ambiguous, "mongodb_atlas:user:", name)
    })
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    #[test]
    fn rows() {
        check(&[
            Row {
                record: r#"{"created":"2026-01-05T08:00:00Z","eventTypeName":"API_KEY_CREATED","id":"1","orgId":"o1","publicKey":"abcdefgh","targetPublicKey":"ijklmnop","remoteAddress":"192.0.2.1"}"#,
                source: "mongodb_atlas",
                id: "mongodb_atlas:key:abcdefgh",
                kind: "token",
                actor: "machine",
                action: "mongodb_atlas:API_KEY_CREATED",
                target: "mongodb_atlas:key/ijklmnop",
                outcome: "success",
            },
            Row {
                record: r#"{"created":"2026-01-05T08:00:00Z","eventtypename":"INVITED_TO_ORG","id":"1","orgid":"o1","username":"jane@example.com","targetusername":"joe@example.net"}"#,
                source: "mongodb_atlas",
                id: "person:jane@example.com",
                kind: "human",
                actor: "human",
                action: "mongodb_atlas:INVITED_TO_ORG",
                target: "mongodb_atlas:user/joe@example.net",
                outcome: "success",
            },
        ]);
    }
}
