//! Publishing and reading against a real PostgreSQL.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kernel::{Actor, Clock as _, Expected, FixedClock, Language, Limit, Role, id::StaffId};
use testkit::TestDb;

use crate::{
    ContentError, ContentService,
    document::{Kind, Text, Texts},
};

pub(crate) struct Shop {
    pub(crate) db: TestDb,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) content: ContentService,
    pub(crate) actor: Actor,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let (db, clock) = (TestDb::new().await, Arc::new(testkit::clock()));
        let content = ContentService::new(db.db(), clock.clone());
        let actor = Actor { staff: StaffId::generate(clock.now()), role: Role::Catalogue };
        Self { db, clock, content, actor }
    }

    /// Each language with that text.
    pub(crate) async fn publishes(&self, kind: Kind, from: i32, texts: &[(Language, &str)]) -> i32 {
        let made = self.content.publish(self.actor, (kind, Expected::Version(from)), texts_of(texts)).await;
        made.unwrap().0.version
    }
}

pub(crate) fn texts_of(texts: &[(Language, &str)]) -> Texts {
    let text = |(language, body): &(Language, &str)| {
        (*language, Text { title: format!("Title {}", language.code()), body: (*body).to_owned() })
    };
    texts.iter().map(text).collect()
}

#[tokio::test]
async fn every_version_can_be_read_for_good() {
    let shop = Shop::open().await;
    assert!(matches!(shop.content.text(Kind::Terms, None, Language::Tr).await, Err(ContentError::NotFound)));
    shop.publishes(Kind::Terms, 0, &[(Language::Tr, "bir"), (Language::Pl, "jeden")]).await;
    shop.clock.advance(TimeDelta::days(1));
    shop.publishes(Kind::Terms, 1, &[(Language::Tr, "iki"), (Language::Pl, "dwa")]).await;
    shop.publishes(Kind::Privacy, 0, &[(Language::En, "other")]).await;

    let read = async |version| {
        let (published, _, text) = shop.content.text(Kind::Terms, version, Language::Pl).await.unwrap();
        (published.version, published.at, text.body)
    };
    let now = shop.clock.now();
    assert_eq!(read(None).await, (2, now, "dwa".to_owned()));
    assert_eq!(read(Some(1)).await, (1, now - TimeDelta::days(1), "jeden".to_owned()));
    for absent in [0, 3, -1, i32::MAX] {
        let read = shop.content.text(Kind::Terms, Some(absent), Language::Pl).await;
        assert!(matches!(read, Err(ContentError::NotFound)), "{absent}");
    }
    let versions = shop.content.versions(Kind::Terms, None, Limit::new(1).unwrap()).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.version).collect::<Vec<_>>(), [2, 1], "one more than asked for");
    assert_eq!(versions[0].by, Some(shop.actor.staff));
    let versions = shop.content.versions(Kind::Terms, Some(2), Limit::default()).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.version).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_missing_language_falls_back() {
    let shop = Shop::open().await;
    shop.publishes(Kind::Faq, 0, &[(Language::En, "en"), (Language::Pl, "pl")]).await;
    for (wanted, told) in [(Language::Tr, Language::En), (Language::Pl, Language::Pl)] {
        assert_eq!(shop.content.text(Kind::Faq, None, wanted).await.unwrap().1, told);
    }
    shop.publishes(Kind::Cookies, 0, &[(Language::Pl, "pl")]).await;
    assert_eq!(shop.content.text(Kind::Cookies, None, Language::Tr).await.unwrap().1, Language::Pl);
}

#[tokio::test]
async fn what_is_refused_publishes_nothing() {
    let shop = Shop::open().await;
    shop.publishes(Kind::Faq, 0, &[(Language::Tr, "a"), (Language::En, "a")]).await;
    let publish = async |expected, texts: &[(Language, &str)]| {
        shop.content.publish(shop.actor, (Kind::Faq, expected), texts_of(texts)).await
    };
    for expected in [Expected::Version(0), Expected::Version(2), Expected::Never] {
        let refused = publish(expected, &[(Language::Tr, "b"), (Language::En, "b")]).await;
        assert!(matches!(refused, Err(ContentError::Outdated { version: 1 })));
    }
    for texts in [&[(Language::Tr, "b")][..], &[(Language::Tr, "<b>"), (Language::En, "b")]] {
        assert!(matches!(publish(Expected::Version(1), texts).await, Err(ContentError::Invalid(_))));
    }
    assert_eq!(shop.db.number("select count(*) from content.documents").await, 1);
    assert_eq!(
        shop.db.lines("select action, target, before, after from audit.entries").await,
        [
            r#"(content.publish,"content faq",,"{""titles"": {""en"": ""Title en"", ""tr"": ""Title tr""}, ""version"": 1}")"#
        ]
    );
    let any = publish(Expected::Any, &[(Language::Tr, "b"), (Language::En, "b")]).await.unwrap();
    assert_eq!(any.0.version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_who_publish_at_once_one_does() {
    let shop = Shop::open().await;
    for round in 0..5 {
        let bodies: Vec<String> = (0..10).map(|n| format!("round {round}, text {n}")).collect();
        let publishing = bodies.iter().map(|body| {
            let texts = texts_of(&[(Language::Tr, body)]);
            shop.content.publish(shop.actor, (Kind::Terms, Expected::Version(round)), texts)
        });
        let answers = join_all(publishing).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let outdated = |answer: &&Result<_, _>| matches!(answer, Err(ContentError::Outdated { .. }));
        assert_eq!(answers.iter().filter(outdated).count(), 9);
    }
    assert_eq!(shop.db.number("select count(*) from content.texts").await, 5);
    assert_eq!(shop.db.number("select count(*) from audit.entries").await, 5);
}
