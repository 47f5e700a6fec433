//! The table of routes, the document and the policies agree, and nothing is open that nobody decided to open.
#![expect(clippy::unwrap_used, reason = "all of this file is tests, also what stands outside of a #[test]")]

use std::collections::{BTreeMap, BTreeSet};

use gateway::{app, openapi};
use http_kit::{Access, Endpoint};
use serde_json::{Value, json};

/// Every route that answers somebody who is not signed in. A new one is a decision: write it down here.
const OPEN: &[(&str, &str, Access)] = &[
    // The catalogue is for everybody; a customer sees the prices of their account.
    ("GET", "/api/products", Access::MaybeCustomer),
    ("GET", "/api/products/categories", Access::MaybeCustomer),
    ("GET", "/api/products/suggestions", Access::MaybeCustomer),
    ("GET", "/api/products/{idOrCode}", Access::MaybeCustomer),
    ("GET", "/api/products/{idOrCode}/related", Access::MaybeCustomer),
    // What the shop tells everybody.
    ("GET", "/api/content/{kind}", Access::Public),
    // Who shops without an account gets a secret for it.
    ("POST", "/api/guest/session", Access::Public),
    // Signing in; the refresh token is its own proof.
    ("POST", "/api/auth/send-otp", Access::Public),
    ("POST", "/api/auth/verify-otp", Access::Public),
    ("POST", "/api/auth/refresh", Access::Public),
    ("POST", "/api/admin/auth/login", Access::Public),
    ("POST", "/api/admin/auth/refresh", Access::Public),
    ("GET", "/.well-known/jwks.json", Access::Public),
    // Who fills in the form of a company has no account yet.
    ("POST", "/api/utils/check-nip", Access::Public),
    // What a device needs to show a payment form: nothing secret, the same for everybody.
    ("GET", "/api/payment/config", Access::Public),
    ("POST", "/stripe/webhook", Access::SignedByProvider),
    // Whoever knows a picture's unguessable name may see it.
    ("GET", "/media/{name}", Access::Public),
    // What machines and developers ask.
    ("GET", "/health", Access::Public),
    ("GET", "/health/live", Access::Public),
    ("GET", "/health/ready", Access::Public),
    ("GET", "/health/detailed", Access::Public),
    ("GET", "/metrics", Access::Public),
    ("GET", "/openapi.json", Access::Public),
    ("GET", "/dev/sms", Access::Public),
];

/// What may stand at the root; everything else begins with `/api/`.
const AT_THE_ROOT: &[&str] = &[
    "/health",
    "/metrics",
    "/openapi.json",
    "/swagger",
    "/.well-known/jwks.json",
    "/media/",
    "/stripe/webhook",
];

fn endpoints() -> Vec<Endpoint> {
    app::routes(false).endpoints().to_vec()
}

/// Every operation of the document by method and path.
fn operations() -> BTreeMap<(String, String), Value> {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert((method.to_uppercase(), path.clone()), operation.clone());
        }
    }
    operations
}

fn name(endpoint: &Endpoint) -> (String, String) {
    (endpoint.method.to_owned(), endpoint.path.to_owned())
}

#[test]
fn every_route_is_in_the_document_and_every_documented_one_is_served() {
    let served: Vec<_> = endpoints().iter().map(name).collect();
    let once: BTreeSet<_> = served.iter().cloned().collect();
    assert_eq!(served.len(), once.len(), "a route is mounted twice");
    assert_eq!(once, operations().into_keys().collect());
}

#[test]
fn what_is_open_was_decided() {
    let closed =
        |access| matches!(access, Access::Customer | Access::Registrant | Access::Guest | Access::Staff(_));
    let open: BTreeSet<_> = endpoints()
        .into_iter()
        .filter(|endpoint| !closed(endpoint.access))
        .map(|endpoint| (endpoint.method, endpoint.path, endpoint.access))
        .collect();
    assert_eq!(open, OPEN.iter().copied().collect());
}

#[test]
fn the_document_demands_the_token_that_the_policy_demands() {
    let operations = operations();
    let nothing = json!(null);
    for endpoint in endpoints() {
        let documented = &operations[&name(&endpoint)]["security"];
        let expected = match endpoint.access {
            Access::Customer => json!([{ "bearer": [] }]),
            Access::Registrant => json!([{ "registration": [] }]),
            Access::Guest => json!([{ "guest": [] }]),
            Access::Staff(_) => json!([{ "admin": [] }]),
            Access::MaybeCustomer => json!([{}, { "bearer": [] }]),
            Access::Public | Access::SignedByProvider => nothing.clone(),
        };
        assert_eq!(documented, &expected, "{endpoint:?}");
    }
}

#[test]
fn every_token_of_the_document_is_a_bearers_or_a_guest_s() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let schemes = &document["components"]["securitySchemes"];
    for operation in operations().values() {
        for demand in operation["security"].as_array().into_iter().flatten() {
            for scheme in demand.as_object().unwrap().keys() {
                let told = (&schemes[scheme]["type"], &schemes[scheme]["scheme"], &schemes[scheme]["name"]);
                let expected = match scheme.as_str() {
                    "guest" => (&json!("apiKey"), &json!(null), &json!("X-Guest-Token")),
                    _ => (&json!("http"), &json!("bearer"), &json!(null)),
                };
                assert_eq!(told, expected, "{scheme}");
            }
        }
    }
}

#[test]
fn production_has_no_route_of_development() {
    let all: BTreeSet<_> = endpoints().iter().map(name).collect();
    let production: BTreeSet<_> = app::routes(true).endpoints().iter().map(name).collect();
    let missing: BTreeSet<_> = all.difference(&production).map(|(_, path)| path.as_str()).collect();
    assert_eq!(missing, BTreeSet::from(["/dev/sms"]));
    assert!(production.is_subset(&all));
}

#[test]
fn paths_stand_where_the_contract_puts_them() {
    for endpoint in app::routes(true).endpoints() {
        let path = endpoint.path;
        let at_the_root = AT_THE_ROOT.iter().any(|root| path.starts_with(root));
        assert!(path.starts_with("/api/") || at_the_root, "{path}");
    }
}

#[test]
fn every_operation_is_told_in_full() {
    let mut ids = BTreeSet::new();
    for (name, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!id.is_empty(), "{name:?} has no operationId");
        assert!(ids.insert(id), "{name:?} has the operationId of another");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name:?} has no summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name:?} needs one tag");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name:?} never succeeds");
        let failures = ["default", "4XX", "400"];
        let failure = failures.iter().find_map(|status| responses.get(*status));
        let schema = failure.map(|failure| &failure["content"]["application/json"]["schema"]["$ref"]);
        assert_eq!(
            schema,
            Some(&json!("#/components/schemas/Failure")),
            "{name:?} does not tell how it fails"
        );
    }
}

#[test]
fn every_name_in_a_path_is_described() {
    for ((method, path), operation) in operations() {
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described = parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].as_str().unwrap());
        let (in_path, described): (BTreeSet<_>, BTreeSet<_>) = (in_path.collect(), described.collect());
        assert_eq!(in_path, described, "{method} {path}");
    }
}
