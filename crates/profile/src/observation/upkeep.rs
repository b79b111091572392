use vires_event::{Effect, Target};

/// Words in actions that change credentials, in lower case and without separators.
const CREDENTIAL_WORDS: &[&str] =
    &["accesskey", "credential", "password", "secret", "serviceaccountkey", "certificate", "addkey", "removekey", "token"];

/// True if the request mints, replaces or removes credentials of nobody but the identity itself, given its name, id and raw form.
pub(super) fn renews_itself(action: &str, effect: Option<Effect>, identity: [Option<&str>; 3], targets: &[Target<'_>]) -> bool {
    if targets.is_empty()
        || !effect.is_some_and(|e| e.tier() == 4 || e == Effect::Destructive)
        || !changes_credentials(action, effect)
    {
        return false;
    }
    // The target may name the key as well as its holder.
    targets.iter().any(|target| is_self(&target.name, identity))
}

fn changes_credentials(action: &str, effect: Option<Effect>) -> bool {
    if effect == Some(Effect::CredentialMint) {
        return true;
    }
    let plain: String = action.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).take(128).collect();
    CREDENTIAL_WORDS.iter().any(|word| plain.contains(word))
}

fn last_part(text: &str) -> Option<&str> {
    text.rsplit(['/', ':']).next()
}

/// True if a target is the identity: one of its names stands in it as a whole.
fn is_self(target: &str, [own, id, raw]: [Option<&str>; 3]) -> bool {
    let Some((_, name)) = target.split_once(':') else { return false };
    [own, id.and_then(last_part), raw.and_then(last_part)]
        .into_iter()
        .flatten()
        .filter(|own| own.len() >= 3)
        .any(|own| name == own || name.split(['/', ':']).any(|part| part == own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vires_event::{Actor, Identity, Kind};

    fn names<'i>(identity: &'i Identity<'_>) -> [Option<&'i str>; 3] {
        [Some(&*identity.name), Some(&*identity.id), identity.raw.as_deref()]
    }

    #[test]
    fn who_renews_its_own_credentials_is_told_from_who_makes_some_for_others() {
        let identity = |id: &'static str, name: &'static str| Identity {
            id: id.into(),
            kind: Kind::ServiceAccount,
            actor: Actor::Machine,
            name: name.into(),
            raw: None,
        };
        let user = identity("aws:user/123456789012/mail-relay", "mail-relay");
        let app = identity("entra:app:550e8400-e29b-41d4-a716-446655440000", "licences-sync");
        for (identity, action, effect, target, expected) in [
            (&user, "iam:CreateAccessKey", Effect::CredentialMint, "iam:mail-relay", true),
            (&user, "iam:DeleteAccessKey", Effect::Grant, "iam:mail-relay", true),
            (&user, "iam:CreateAccessKey", Effect::CredentialMint, "iam:mail-relay-admin", false),
            (&user, "iam:AttachUserPolicy", Effect::Grant, "iam:mail-relay", false),
            (&app, "entra:Add service principal credentials", Effect::CredentialMint, "entra:licences-sync", true),
            (
                &app,
                "graph:POST /servicePrincipals/{id}/addPassword",
                Effect::CredentialMint,
                "graph:/servicePrincipals/550e8400-e29b-41d4-a716-446655440000/addPassword",
                true,
            ),
            (&app, "entra:Add service principal credentials", Effect::CredentialMint, "entra:payroll", false),
            (&app, "entra:Remove service principal credentials", Effect::Destructive, "entra:licences-sync", true),
            (&app, "secretsmanager:GetSecretValue", Effect::SecretRead, "secret:licences-sync", false),
        ] {
            let targets = [Target { name: target.into() }];
            assert_eq!(renews_itself(action, Some(effect), names(identity), &targets), expected, "{action} {target}");
        }
        assert!(!renews_itself("iam:CreateAccessKey", Some(Effect::CredentialMint), names(&user), &[]));
    }
}
