//! Sessions against a real PostgreSQL.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{UserType, id::SessionId};

use crate::{
    IdentityError,
    api::{Bearer, SessionsApi as _, TokenPair, TokensApi as _},
    testing::Shop,
};

impl Shop {
    async fn signed_in(&self) -> TokenPair {
        self.sessions.open(self.user(), UserType::Corporate).await.unwrap()
    }

    fn session_of(&self, pair: &TokenPair) -> SessionId {
        match self.tokens.verify(&pair.access_token) {
            Some(Bearer::Customer { session, .. }) => session,
            other => panic!("{other:?}"),
        }
    }
}

fn is_refused<T>(answer: &Result<T, IdentityError>) -> bool {
    matches!(answer, Err(IdentityError::RefreshRefused))
}

#[tokio::test]
async fn a_refresh_keeps_user_session_and_type_and_changes_both_tokens() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let second = shop.sessions.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(shop.tokens.verify(&first.access_token), shop.tokens.verify(&second.access_token));
    assert_ne!(first.access_token, second.access_token);
    assert_ne!(first.refresh_token, second.refresh_token);
    assert!(shop.sessions.refresh(&second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_replaced_token_that_comes_back_ends_the_family() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let bystander = shop.signed_in().await;
    let second = shop.sessions.refresh(&first.refresh_token).await.unwrap();

    assert!(is_refused(&shop.sessions.refresh(&first.refresh_token).await));
    assert!(is_refused(&shop.sessions.refresh(&second.refresh_token).await));
    assert_eq!(shop.count("identity.sessions where end_reason = 'replay'").await, 1);
    assert!(shop.sessions.refresh(&bystander.refresh_token).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_refreshes_at_once_one_gets_a_successor() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let answers = join_all((0..20).map(|_| shop.sessions.refresh(&first.refresh_token))).await;
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    assert_eq!(shop.count("identity.refresh_tokens").await, 2);
}

#[tokio::test]
async fn after_logout_the_refresh_token_serves_no_more() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    let session = shop.session_of(&pair);
    shop.sessions.end(session).await.unwrap();
    shop.sessions.end(session).await.unwrap();
    assert!(is_refused(&shop.sessions.refresh(&pair.refresh_token).await));
    assert_eq!(shop.count("identity.sessions where end_reason = 'logout'").await, 1);
}

#[tokio::test]
async fn a_session_ends_after_thirty_idle_days() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    shop.clock.advance(TimeDelta::days(29));
    let pair = shop.sessions.refresh(&pair.refresh_token).await.unwrap();
    shop.clock.advance(TimeDelta::days(30));
    assert!(is_refused(&shop.sessions.refresh(&pair.refresh_token).await));
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let shop = Shop::open().await;
    let mut pair = shop.signed_in().await;
    for _ in 0..4 {
        shop.clock.advance(TimeDelta::days(20));
        pair = shop.sessions.refresh(&pair.refresh_token).await.unwrap();
    }
    shop.clock.advance(TimeDelta::days(10));
    assert!(is_refused(&shop.sessions.refresh(&pair.refresh_token).await));
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    for token in ["", "nonsense", &pair.access_token, &format!("{}=", pair.refresh_token)] {
        assert!(is_refused(&shop.sessions.refresh(token).await), "{token}");
    }
    assert!(shop.sessions.refresh(&pair.refresh_token).await.is_ok());
}

#[tokio::test]
async fn no_refresh_token_is_stored_or_shown() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    let rows = shop.db.lines("select encode(hash, 'escape') from identity.refresh_tokens").await.join("");
    assert!(!rows.contains(&pair.refresh_token));
    assert_eq!(pair.refresh_token.len(), 43);
    assert!(!format!("{pair:?}").contains(&pair.refresh_token));
}
