//! Sessions against a real PostgreSQL.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{
    UserType,
    id::{SessionId, UserId},
};

use super::{Basis, EndReason};
use crate::{
    IdentityError, SigningKeys, TokenService,
    api::{Bearer, Judgement, SessionsApi as _, TokenPair, TokensApi as _},
    testing::{KEYS, Shop, phone},
    tokens::{Audience, Subject},
};

impl Shop {
    async fn signed_in(&self) -> TokenPair {
        self.sessions.open(self.user(), UserType::Corporate, Some("a phone")).await.unwrap()
    }

    fn session_of(&self, pair: &TokenPair) -> (UserId, SessionId) {
        match self.tokens.judge(&pair.access_token) {
            Judgement::Good(Bearer::Customer { user, session, .. }) => (user, session),
            other => panic!("{other:?}"),
        }
    }

    async fn refresh(&self, token: &str) -> Result<TokenPair, IdentityError> {
        self.sessions.refresh(token, Audience::Customers).await
    }

    fn holds(&self, pair: &TokenPair) -> bool {
        matches!(self.tokens.judge(&pair.access_token), Judgement::Good(_))
    }
}

fn is_refused<T>(answer: &Result<T, IdentityError>) -> bool {
    matches!(answer, Err(IdentityError::RefreshRefused))
}

#[tokio::test]
async fn a_refresh_keeps_user_session_and_type_and_changes_both_tokens() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(shop.tokens.judge(&first.access_token), shop.tokens.judge(&second.access_token));
    assert_ne!(first.access_token, second.access_token);
    assert_ne!(first.refresh_token, second.refresh_token);
    assert!(shop.refresh(&second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn the_token_before_is_forgiven_for_ten_seconds_and_gets_the_same_successor() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    shop.clock.advance(TimeDelta::milliseconds(9_999));
    let again = shop.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_eq!(shop.count("identity.refresh_tokens").await, 2);
    assert!(shop.refresh(&second.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_replaced_token_that_comes_back_later_ends_the_family() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let bystander = shop.signed_in().await;
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    shop.clock.advance(TimeDelta::seconds(10));
    assert!(shop.holds(&second));
    assert!(is_refused(&shop.refresh(&first.refresh_token).await));
    assert!(is_refused(&shop.refresh(&second.refresh_token).await));
    assert!(!shop.holds(&second), "the access token of the family serves no more either");
    assert_eq!(shop.count("identity.sessions where end_reason = 'replay'").await, 1);
    assert!(shop.refresh(&bystander.refresh_token).await.is_ok() && shop.holds(&bystander));
}

#[tokio::test]
async fn a_token_two_generations_old_is_not_forgiven() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    let third = shop.refresh(&second.refresh_token).await.unwrap();
    assert!(is_refused(&shop.refresh(&first.refresh_token).await));
    assert!(is_refused(&shop.refresh(&third.refresh_token).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_refreshes_at_once_all_get_one_successor() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let answers = join_all((0..20).map(|_| shop.refresh(&first.refresh_token))).await;
    let successors: BTreeSet<String> = answers.into_iter().map(|pair| pair.unwrap().refresh_token).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(shop.count("identity.refresh_tokens").await, 2);
}

#[tokio::test]
async fn the_table_alone_gives_no_successor_away() {
    let shop = Shop::open().await;
    let first = shop.signed_in().await;
    let second = shop.refresh(&first.refresh_token).await.unwrap();
    let sealed = "select encode(sealed_successor, 'base64') from identity.refresh_tokens
                  where sealed_successor is not null";
    let sealed = shop.db.lines(sealed).await.remove(0);
    let secret = second.refresh_token.replace('-', "+").replace('_', "/");
    assert!(sealed.len() == secret.len() + 3 && !sealed.contains(&secret), "{sealed}");
}

#[tokio::test]
async fn after_logout_neither_token_serves_any_more() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    let (user, session) = shop.session_of(&pair);
    assert!(shop.sessions.end((user.0, session), EndReason::Logout).await.unwrap());
    assert!(!shop.sessions.end((user.0, session), EndReason::Logout).await.unwrap());
    assert!(is_refused(&shop.refresh(&pair.refresh_token).await));
    assert!(!shop.holds(&pair));
    assert_eq!(shop.count("identity.sessions where end_reason = 'logout'").await, 1);
}

#[tokio::test]
async fn another_instance_hears_of_it_and_one_that_starts_later_too() {
    let shop = Shop::open().await;
    let (gone, stays, all_gone) = (shop.signed_in().await, shop.signed_in().await, shop.signed_in().await);
    let elsewhere = TokenService::new(shop.clock.clone(), SigningKeys::parse(KEYS).unwrap());
    let hears = async |tokens: &TokenService| {
        tokens.revocations().refresh(&shop.db.db(), &*shop.clock).await.unwrap();
        [&gone, &stays, &all_gone].map(|pair| matches!(tokens.judge(&pair.access_token), Judgement::Good(_)))
    };
    assert_eq!(elsewhere.judge(&gone.access_token), Judgement::Unknown, "nothing was heard yet");
    assert_eq!(hears(&elsewhere).await, [true, true, true]);
    let (user, session) = shop.session_of(&gone);
    shop.sessions.end((user.0, session), EndReason::Logout).await.unwrap();
    shop.sessions.end_all(shop.session_of(&all_gone).0).await.unwrap();
    assert_eq!(hears(&elsewhere).await, [false, true, false]);
    shop.clock.advance(TimeDelta::minutes(9));
    let later = TokenService::new(shop.clock.clone(), SigningKeys::parse(KEYS).unwrap());
    assert_eq!(hears(&later).await, [false, true, false]);
    // Nobody remembers what no token can outlive.
    shop.clock.advance(TimeDelta::minutes(3));
    hears(&elsewhere).await;
    assert_eq!(format!("{:?}", elsewhere.revocations()).matches("ended: {}, epochs: {}").count(), 1);
}

#[tokio::test]
async fn signing_out_everywhere_ends_what_is_being_opened_too() {
    let shop = Shop::open().await;
    let user = shop.user();
    let one = shop.sessions.open(user, UserType::Individual, None).await.unwrap();
    shop.sessions.end_every(user.0, EndReason::LogoutAll).await.unwrap();
    // Opened with the epoch of before, as a request that was under way would have.
    shop.db
        .exec(&format!(
            "update identity.sessions set ended_at = null, end_reason = null where user_id = '{user}'"
        ))
        .await;
    assert!(is_refused(&shop.refresh(&one.refresh_token).await) && !shop.holds(&one));
    let two = shop.sessions.open(user, UserType::Individual, None).await.unwrap();
    assert!(shop.holds(&two) && shop.refresh(&two.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_user_sees_and_ends_her_own_sessions_only() {
    let shop = Shop::open().await;
    let (mine, theirs) = (shop.signed_in().await, shop.signed_in().await);
    let (me, my_session) = shop.session_of(&mine);
    let (_, their_session) = shop.session_of(&theirs);
    let listed = shop.sessions.list(me).await.unwrap();
    assert_eq!(
        listed.iter().map(|s| (s.id, s.device.as_deref())).collect::<Vec<_>>(),
        [(my_session, Some("a phone"))]
    );
    assert!(!shop.sessions.end((me.0, their_session), EndReason::Ended).await.unwrap());
    assert!(shop.holds(&theirs));
    assert!(shop.sessions.end((me.0, my_session), EndReason::Ended).await.unwrap());
    assert!(shop.sessions.list(me).await.unwrap().is_empty());
    let told = shop.sessions.export(me).await.unwrap();
    assert_eq!((told[0]["device"].as_str(), told[0]["endedAt"].is_string()), (Some("a phone"), true));
    shop.sessions.forget(me).await.unwrap();
    assert_eq!(shop.sessions.export(me).await.unwrap(), serde_json::json!([]));
}

#[tokio::test]
async fn a_session_ends_after_thirty_idle_days() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    shop.clock.advance(TimeDelta::days(29));
    let pair = shop.refresh(&pair.refresh_token).await.unwrap();
    shop.clock.advance(TimeDelta::days(30));
    assert!(is_refused(&shop.refresh(&pair.refresh_token).await));
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let shop = Shop::open().await;
    let mut pair = shop.signed_in().await;
    for _ in 0..4 {
        shop.clock.advance(TimeDelta::days(20));
        pair = shop.refresh(&pair.refresh_token).await.unwrap();
    }
    shop.clock.advance(TimeDelta::days(10));
    assert!(is_refused(&shop.refresh(&pair.refresh_token).await));
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let shop = Shop::open().await;
    let pair = shop.signed_in().await;
    for token in ["", "nonsense", &pair.access_token, &format!("{}=", pair.refresh_token)] {
        assert!(is_refused(&shop.refresh(token).await), "{token}");
    }
    assert!(shop.refresh(&pair.refresh_token).await.is_ok());
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

#[tokio::test]
async fn a_number_that_was_parted_from_signs_in_to_nothing_any_more() {
    let shop = Shop::open().await;
    shop.send(&phone()).await.unwrap();
    let subject = || Subject::Customer(shop.user(), UserType::Individual);
    let open =
        async |epoch| shop.sessions.open_for(subject(), Basis::Phone(&phone(), epoch), None).await.unwrap();
    assert!(open(0).await.is_some());
    shop.db.exec("update identity.phones set epoch = epoch + 1").await;
    assert!(open(0).await.is_none(), "proved before, and too late");
    assert!(open(1).await.is_some());
    assert_eq!(shop.count("identity.sessions").await, 2);
}
