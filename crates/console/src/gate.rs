//! Who is let in: every route of the API asks for a role before anything of the request is read, and a host name of ours.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::token::{Caller, Role, Tokens};

/// Who may come in.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// The tokens that are known.
    pub tokens: Tokens,
    /// Whether anybody on this machine may look without a token. Only ever where we listen on loopback.
    pub open: bool,
    /// Which hosts requests may name.
    pub hosts: Hosts,
}

/// Which hosts requests may name: a page that a browser shows must not reach us through a name that its owner points at this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Hosts {
    /// Names and addresses of loopback.
    #[default]
    Loopback,
    /// These, without ports.
    Named(Vec<String>),
    /// Any: whoever listens elsewhere has tokens, which no page of somebody else has.
    Any,
}

impl Hosts {
    fn allow(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        match self {
            Self::Any => true,
            Self::Named(names) => names.iter().any(|known| known.eq_ignore_ascii_case(name)),
            Self::Loopback => {
                let is_loopback = |address: std::net::IpAddr| address.is_loopback();
                name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
            }
        }
    }
}

/// These routes ask for that role, and the document says so.
pub(crate) fn with_role(app: &App, role: Role, mut routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        for operation in operations(item) {
            let extension = Extensions::builder().add("x-role", json!(role.name())).build();
            operation.extensions.get_or_insert_default().merge(extension);
            operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]);
        }
    }
    routes.route_layer(axum::middleware::from_fn_with_state((app.clone(), role), admit))
}

/// The operations of a path.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

async fn admit(State((app, role)): State<(App, Role)>, mut request: Request, next: Next) -> Response {
    match admitted(&app, request.headers(), role) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(caller);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

fn admitted(app: &App, headers: &HeaderMap, role: Role) -> Result<Caller, Problem> {
    let caller = caller(app, headers)?;
    if caller.role >= role {
        return Ok(caller);
    }
    let detail = format!("this takes the role {role}, and `{}` is a {}", caller.name, caller.role);
    Err(Problem::new(Kind::Forbidden, detail))
}

fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let gate = app.gate.get();
    let refused = |detail: &str| Problem::new(Kind::NoToken, detail);
    let Some(given) = headers.get(header::AUTHORIZATION) else {
        if gate.open {
            return Ok(Caller { name: "local".to_owned(), role: Role::Viewer });
        }
        return Err(refused("send `Authorization: Bearer TOKEN`; `keyreeve serve token NAME --role viewer` makes one"));
    };
    let given = given.to_str().map_err(|_| refused("the token is not text"))?;
    let Some((scheme, token)) = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    else {
        return Err(refused("send the token as `Authorization: Bearer TOKEN`"));
    };
    let _ = scheme;
    gate.tokens.holder(token.trim(), (app.now)()).ok_or_else(|| refused("the token is not known, or has expired"))
}

/// Refuses requests that name another host.
pub(crate) async fn right_host(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_for_us(&app, &request) {
        let detail = "the Host header names a host that this is not: ask by address, or add the name to serve.hosts";
        return Problem::new(Kind::WrongHost, detail).into_response();
    }
    next.run(request).await
}

/// An address in the request line counts as much as a header, and a second header as much as the first.
fn is_for_us(app: &App, request: &Request) -> bool {
    let headers = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let mut named = headers.chain(request.uri().authority().map(http::uri::Authority::as_str)).peekable();
    let gate = app.gate.get();
    named.peek().is_some() && named.all(|host| gate.hosts.allow(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_named_in_all_its_ways_and_nothing_else() {
        for host in ["localhost", "LOCALHOST:7390", "127.0.0.1:1", "127.8.8.8", "[::1]:7390", "[::1]"] {
            assert!(Hosts::Loopback.allow(host), "{host}");
        }
        for host in
            ["", "example.com", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1", "[::2]", "[", ":"]
        {
            assert!(!Hosts::Loopback.allow(host), "{host}");
        }
        let named = Hosts::Named(vec!["keyreeve.example".to_owned()]);
        assert!(named.allow("Keyreeve.Example:443") && !named.allow("evil.example"));
    }
}
