//! The table of routes: what is mounted, who may call it, what it is counted against.
//!
//! Each domain returns its own; the gateway joins them. Because the table *is* what gets mounted, the document,
//! the metrics and the tests that walk over all routes cannot miss one.

use actix_web::{
    FromRequest, Handler, Resource, Responder, Route, Scope,
    dev::fn_service,
    http::{Method, StatusCode},
    web::{self, ServiceConfig},
};

use crate::{Access, ApiError, Guarded, Limit, admit::answer};

/// One mounted route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub method: &'static str,
    /// As in the `OpenAPI` document: `/api/orders/{id}`.
    pub path: &'static str,
    pub access: Access,
    pub limit: Limit,
}

#[derive(Default)]
pub struct Routes {
    endpoints: Vec<Endpoint>,
    mounted: Vec<(&'static str, Route)>,
}

/// One function for each method: path, limit, handler.
macro_rules! verbs {
    ($($verb:ident $method:ident),*) => {$(
        #[must_use]
        pub fn $verb<F, Args>(self, path: &'static str, limit: Limit, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + Guarded + 'static,
            F::Output: Responder + 'static,
        {
            self.route((Method::$method, stringify!($method)), path, limit, handler)
        }
    )*};
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    verbs! { get GET, post POST, put PUT, patch PATCH, delete DELETE }

    fn route<F, Args>(
        mut self,
        (method, name): (Method, &'static str),
        path: &'static str,
        limit: Limit,
        handler: F,
    ) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + Guarded + 'static,
        F::Output: Responder + 'static,
    {
        let endpoint = Endpoint { method: name, path, access: Args::ACCESS, limit };
        let route =
            web::method(method).service(fn_service(move |req| answer(endpoint, handler.clone(), req)));
        self.endpoints.push(endpoint);
        self.mounted.push((path, route));
        self
    }

    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.endpoints.extend(other.endpoints);
        self.mounted.extend(other.mounted);
        self
    }

    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Mounts everything. A known path asked by another method answers 405.
    pub fn mount(self, cfg: &mut ServiceConfig) {
        let mut resources: Vec<(&'static str, Resource)> = Vec::new();
        for (path, route) in self.mounted {
            let at = resources.iter().position(|(known, _)| *known == path);
            let resource = match at {
                Some(at) => resources.swap_remove(at).1,
                None => web::resource(path.strip_prefix(branch(path)).unwrap_or(path))
                    .default_service(web::to(|| async { wrong_method() })),
            };
            resources.push((path, resource.route(route)));
        }
        // By branches, because paths are compared one after the other, and patterns take their time: the branch that was
        // named first is compared first. Within one, fixed paths before patterns: `/api/products/categories` is no
        // product's id.
        let named: Vec<&str> = self.endpoints.iter().map(|endpoint| branch(endpoint.path)).collect();
        resources.sort_by_key(|(path, _)| {
            (named.iter().position(|known| *known == branch(path)), path.contains('{'), *path)
        });
        let mut scopes: Vec<(&'static str, Scope)> = Vec::new();
        for (path, resource) in resources {
            let branch = branch(path);
            let scope = match scopes.pop_if(|(known, _)| *known == branch) {
                Some((_, scope)) => scope,
                None => web::scope(branch),
            };
            scopes.push((branch, scope.service(resource)));
        }
        for (_, scope) in scopes {
            cfg.service(scope);
        }
    }
}

/// The beginning that a path shares with its relatives: `/api/products`, `/media`.
fn branch(path: &'static str) -> &'static str {
    let segments = if path.starts_with("/api/") { 3 } else { 2 };
    let ends = path.match_indices('/').nth(segments - 1).map_or(path.len(), |(at, _)| at);
    path.get(..ends).unwrap_or(path)
}

fn wrong_method() -> Result<&'static str, ApiError> {
    Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"))
}
