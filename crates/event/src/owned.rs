use crate::{Activity, Credential, Delegation, Detection, Identity, Link, Origin, Place, Session, Target, Text};
use std::borrow::Cow;

fn own(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

fn may(text: Option<Text<'_>>) -> Option<Text<'static>> {
    text.map(own)
}

fn all(texts: Vec<Text<'_>>) -> Vec<Text<'static>> {
    texts.into_iter().map(own).collect()
}

impl Activity<'_> {
    /// The same activity with text of its own: for records that were decoded from a text that does not live long enough.
    pub fn into_owned(self) -> Activity<'static> {
        Activity {
            source: self.source,
            time: may(self.time),
            event_id: may(self.event_id),
            identity: self.identity.map(Identity::into_owned),
            credential: self.credential.map(|c| Credential {
                kind: c.kind,
                id: may(c.id),
                issuer: may(c.issuer),
                issued: may(c.issued),
            }),
            session: self.session.map(|s| Session { name: own(s.name), mfa: s.mfa }),
            delegation: self.delegation.map(|d| Delegation { by: own(d.by), human: d.human }),
            action: own(self.action),
            also: all(self.also),
            detail: may(self.detail),
            targets: self.targets.into_iter().map(|t| Target { name: own(t.name) }).collect(),
            mentions: all(self.mentions),
            outcome: self.outcome,
            error_code: may(self.error_code),
            origin: Origin {
                ip: may(self.origin.ip),
                service: may(self.origin.service),
                asn: may(self.origin.asn),
                user_agent: may(self.origin.user_agent),
                network: may(self.origin.network),
            },
            place: Place { account: may(self.place.account), region: may(self.place.region), host: may(self.place.host) },
            destinations: all(self.destinations),
            volume: self.volume,
            interactive: self.interactive,
            links: self.links.into_iter().map(Link::into_owned).collect(),
            detection: self.detection.map(Detection::into_owned),
        }
    }
}

impl Detection<'_> {
    /// The same detection with text of its own.
    pub fn into_owned(self) -> Detection<'static> {
        Detection { severity: self.severity, title: own(self.title), alone: self.alone }
    }
}

impl Identity<'_> {
    /// The same identity with text of its own.
    pub fn into_owned(self) -> Identity<'static> {
        Identity { id: own(self.id), kind: self.kind, actor: self.actor, name: own(self.name), raw: may(self.raw) }
    }
}

impl Link<'_> {
    /// The same link with text of its own.
    pub fn into_owned(self) -> Link<'static> {
        match self {
            Link::Issued { credential, owner } => Link::Issued { credential: own(credential), owner: may(owner) },
            Link::Became { id } => Link::Became { id: own(id) },
            Link::RunsAs { id } => Link::RunsAs { id: own(id) },
            Link::Serves { service } => Link::Serves { service: own(service) },
            Link::Alias { id } => Link::Alias { id: own(id) },
            Link::Called { id } => Link::Called { id: own(id) },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activity, Link, Outcome, Source, Target};

    #[test]
    fn owns_the_same() {
        let line = String::from("s3:GetObject");
        let mut activity = Activity::new(Source::Cloudtrail, line.as_str());
        activity.targets.push(Target { name: "s3:b".into() });
        activity.links.push(Link::Became { id: "aws:role/-/r".into() });
        activity.outcome = Some(Outcome::Denied);
        let owned = activity.clone().into_owned();
        assert_eq!(owned, activity);
        drop(line);
        assert_eq!(owned.action, "s3:GetObject");
    }
}
