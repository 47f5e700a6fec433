//! http-kit → identity: who a bearer token belongs to.

use std::sync::Arc;

use async_trait::async_trait;
use http_kit::{Authenticate, Caller, Customer, Registrant};
use identity::api::{Bearer, TokensApi};

pub(crate) struct AuthenticateByToken(pub(crate) Arc<dyn TokensApi>);

#[async_trait]
impl Authenticate for AuthenticateByToken {
    async fn authenticate(&self, token: &str) -> Caller {
        match self.0.verify(token) {
            Some(Bearer::Customer { user, session, user_type }) => {
                Caller::Customer(Customer { user, session, user_type })
            }
            Some(Bearer::Registrant { token_id, phone, user_type }) => {
                Caller::Registrant(Registrant { token: token_id, phone, user_type })
            }
            None => Caller::Refused,
        }
    }
}
