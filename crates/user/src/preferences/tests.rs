//! Preferences and the history of consents against a real PostgreSQL.

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Clock as _, id::UserId};

use super::{Choices, Consents, Notifications, Preferences};
use crate::{
    UserError,
    registration::Registration,
    testing::{OTHER_PHONE, PHONE, Shop, form},
};

const ALL: Notifications = Notifications { sms: true, push: true, email: true };
const NONE: Consents = Consents { marketing: false, analytics: false, partners: false };

async fn history(shop: &Shop) -> Vec<String> {
    let kept = "select kind, granted, to_char(at at time zone 'UTC', 'HH24:MI:SS') as at from users.consents
        where kind not in ('terms', 'privacy') order by position";
    shop.db.lines(kept).await
}

#[tokio::test]
async fn news_come_every_way_and_nothing_is_granted_that_was_not_said() {
    let shop = Shop::open().await;
    let silent = shop.registered(PHONE).await;
    assert_eq!(
        shop.users.preferences(silent).await.unwrap(),
        Preferences { notifications: ALL, consents: NONE }
    );
    let willing = Registration { marketing: Some(true), ..form(OTHER_PHONE) };
    let (willing, _) = shop.users.register(willing, None).await.unwrap();
    let consents = shop.users.preferences(willing.id).await.unwrap().consents;
    assert_eq!(consents, Consents { marketing: true, ..NONE });
}

#[tokio::test]
async fn each_change_of_a_consent_is_kept_and_a_repetition_is_not() {
    let shop = Shop::open().await;
    let user = shop.users.register(Registration { marketing: None, ..form(PHONE) }, None).await.unwrap().0.id;
    let choose = async |choices: Choices| {
        shop.clock.advance(TimeDelta::seconds(1));
        shop.users.choose(user, choices).await.unwrap()
    };
    let yes = Choices { marketing: Some(true), partners: Some(false), ..Choices::default() };
    assert_eq!(choose(yes).await.consents, Consents { marketing: true, ..NONE });
    choose(yes).await;
    choose(Choices { sms: Some(false), ..Choices::default() }).await;
    let no = Choices { marketing: Some(false), analytics: Some(true), ..Choices::default() };
    let chosen = choose(no).await;
    assert_eq!(chosen.consents, Consents { analytics: true, ..NONE });
    assert_eq!(chosen.notifications, Notifications { sms: false, ..ALL });
    choose(no).await;
    choose(yes).await;
    assert_eq!(
        history(&shop).await,
        [
            "(marketing,t,10:00:01)",
            "(marketing,f,10:00:04)",
            "(analytics,t,10:00:04)",
            "(marketing,t,10:00:06)"
        ]
    );
    assert_eq!(shop.count("users.consents where text_version = '2026-11'").await, 6);
}

#[tokio::test]
async fn the_later_word_counts_whatever_the_clock_says() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let say = async |granted| {
        let choices = Choices { analytics: Some(granted), ..Choices::default() };
        shop.users.choose(user, choices).await.unwrap().consents.analytics
    };
    // All of it at one moment, and then earlier.
    assert!(say(true).await);
    assert!(!say(false).await);
    shop.clock.advance(TimeDelta::hours(-1));
    assert!(say(true).await);
    assert!(shop.users.preferences(user).await.unwrap().consents.analytics);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_word_twenty_times_at_once_is_kept_once() {
    let shop = Shop::open().await;
    let user = shop.registered(PHONE).await;
    let yes = Choices { partners: Some(true), push: Some(false), ..Choices::default() };
    for chosen in join_all((0..20).map(|_| shop.users.choose(user, yes))).await {
        assert!(chosen.unwrap().consents.partners);
    }
    assert_eq!(shop.count("users.consents where kind = 'partners'").await, 1);
}

#[tokio::test]
async fn a_choice_touches_nobody_else_and_nobody_chooses_for_nobody() {
    let shop = Shop::open().await;
    let (mine, yours) = (shop.registered(PHONE).await, shop.registered(OTHER_PHONE).await);
    let choices = Choices { email: Some(false), marketing: Some(true), ..Choices::default() };
    shop.users.choose(mine, choices).await.unwrap();
    let other = shop.users.preferences(yours).await.unwrap();
    assert_eq!(other, Preferences { notifications: ALL, consents: NONE });
    let nobody = UserId::generate(shop.clock.now());
    assert!(matches!(shop.users.preferences(nobody).await, Err(UserError::NotFound)));
    assert!(matches!(shop.users.choose(nobody, choices).await, Err(UserError::NotFound)));
}
