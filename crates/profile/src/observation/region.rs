use std::borrow::Cow;
use vires_event::{Source, Text};

/// AWS services that have one endpoint for all regions, whose records name the region of that endpoint (mostly `us-east-1`) whatever
/// the caller works in. Source: the services' pages of endpoints and quotas, and "global service events" of the CloudTrail guide.
const GLOBAL: &[&str] = &[
    "iam",
    "sts",
    "organizations",
    "account",
    "cloudfront",
    "route53",
    "route53domains",
    "globalaccelerator",
    "networkmanager",
    "shield",
    "waf",
    "support",
    "trustedadvisor",
    "health",
    "budgets",
    "ce",
    "cur",
    "billing",
    "aws-portal",
    "signin",
    "artifact",
    "importexport",
];

/// The region in which a request took place; zones of Google Cloud (`europe-west1-b`) count as their region.
pub(super) fn region_of<'a>(source: Source, action: &str, region: Option<Text<'a>>) -> Option<Text<'a>> {
    let region = region.filter(|_| says_where(source, action))?;
    if source != Source::GcpAudit {
        return Some(region);
    }
    let zone = |text: &str| text.rsplit_once('-').filter(|(_, zone)| zone.len() == 1).map(|(region, _)| region.len());
    Some(match (zone(&region), region) {
        (Some(end), Cow::Borrowed(text)) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        (Some(end), Cow::Owned(mut text)) => {
            text.truncate(end);
            Cow::Owned(text)
        }
        (None, region) => region,
    })
}

/// True if the region in a record tells where the request took place, not only where its service keeps its one door.
///
/// Regional endpoints of STS name their region truly, but which endpoint an SDK takes changes with its version.
fn says_where(source: Source, action: &str) -> bool {
    source != Source::Cloudtrail || !action.split_once(':').is_some_and(|(service, _)| GLOBAL.contains(&service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_in_its_region() {
        for (region, expected) in [("europe-west1-b", "europe-west1"), ("europe-west1", "europe-west1"), ("eu", "eu")] {
            assert_eq!(region_of(Source::GcpAudit, "gcp:x", Some(region.into())).as_deref(), Some(expected));
        }
        assert_eq!(region_of(Source::Cloudtrail, "ec2:x", Some("us-east-1-b".into())).as_deref(), Some("us-east-1-b"));
    }

    #[test]
    fn a_global_service_is_nowhere() {
        for (source, action, expected) in [
            (Source::Cloudtrail, "iam:CreateUser", false),
            (Source::Cloudtrail, "sts:GetCallerIdentity", false),
            (Source::Cloudtrail, "ec2:RunInstances", true),
            (Source::Cloudtrail, "noservice", true),
            (Source::GcpAudit, "iam:x", true),
        ] {
            assert_eq!(says_where(source, action), expected, "{action}");
        }
    }
}
