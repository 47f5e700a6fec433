//! http-kit → identity: who a bearer token belongs to.

use std::sync::Arc;

use async_trait::async_trait;
use http_kit::{Authenticate, Caller, Customer, Registrant, StaffMember};
use identity::api::{Bearer, Judgement, TokensApi};
use kernel::Actor;

pub(crate) struct AuthenticateByToken(pub(crate) Arc<dyn TokensApi>);

#[async_trait]
impl Authenticate for AuthenticateByToken {
    async fn authenticate(&self, token: &str) -> Caller {
        match self.0.judge(token) {
            Judgement::Good(Bearer::Customer { user, session, user_type }) => {
                Caller::Customer(Customer { user, session, user_type })
            }
            Judgement::Good(Bearer::Registrant { user, phone, user_type }) => {
                Caller::Registrant(Registrant { user, phone, user_type })
            }
            Judgement::Good(Bearer::Staff { staff, session, role }) => {
                Caller::Staff(StaffMember { actor: Actor { staff, role }, session })
            }
            Judgement::Refused => Caller::Refused,
            Judgement::Unknown => Caller::Unjudged,
        }
    }
}
