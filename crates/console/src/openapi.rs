//! The routes, and the document that describes them: made together, so that neither says what the other does not.

use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use http::Uri;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::gate::{operations, right_host};
use crate::problem::{Kind, Problem};
use crate::resources;
use crate::watch::{Bounds, Limits, bounded, observed};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Keyreeve",
        version = "1",
        description = "Governance of AWS KMS keys, from finding to closed ticket. Every operation names in `x-role` the least role \
                       that may use it: viewer, responder, approver, administrator. Lists come in parts: ask with `after` set to `next`. \
                       Unknown parameters and fields are refused. Errors are problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem))
)]
struct Document;

/// Everything that answers, ready to be served.
pub fn router(app: &App, limits: &Limits) -> Router {
    let (routes, document) = parts(app, limits);
    routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), right_host))
        .layer(from_fn_with_state(Bounds::new(limits), bounded))
        .layer(from_fn_with_state(app.clone(), observed))
        .layer(Extension(resources::system::Described(print(&document).into())))
        .layer(from_fn(caught))
        .with_state(app.clone())
}

/// The OpenAPI document, as it is committed.
pub fn document(app: &App) -> String {
    print(&parts(app, &Limits::default()).1)
}

fn print(document: &OpenApi) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn parts(app: &App, limits: &Limits) -> (Router<App>, OpenApi) {
    let api = resources::routes(app);
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", api)
        .merge(resources::system::outside(app))
        .merge(crate::hook::routes(limits))
        .split_for_parts();
    complete(&mut document);
    (router, document)
}

/// What every operation has in common: how it refuses.
fn complete(document: &mut OpenApi) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refused = ResponseBuilder::new()
        .description("It was not granted: what was wrong, and what to do about it")
        .content("application/problem+json", problem)
        .build();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            // By themselves the names of functions, of which many are `list` and `one`.
            let (tag, name) = (operation.tags.iter().flatten().next(), operation.operation_id.as_ref());
            operation.operation_id = tag.zip(name).map(|(tag, name)| format!("{tag}-{}", name.replace('_', "-")));
            operation.responses.responses.insert("default".to_owned(), refused.clone().into());
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("keyreeve_ and 64 hexadecimal digits");
    let signature = ApiKeyValue::with_description(crate::hook::SIGNATURE, "Of a sender under `serve.hooks`");
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("signature", SecurityScheme::ApiKey(ApiKey::Header(signature)));
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
}

async fn nothing_here(_: Uri) -> Problem {
    Problem::new(Kind::NotFound, "there is nothing at this address: /api/v1/openapi.json lists what there is")
}

async fn wrong_method() -> Problem {
    Problem::new(Kind::WrongMethod, "see /api/v1/openapi.json for what can be done here")
}

/// Tells a panic's client that something failed, and goes on serving the others. There should be none.
async fn caught(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(Kind::Fault, "it failed, which is a fault of keyreeve: the log says more").into_response()
        }
    }
}
