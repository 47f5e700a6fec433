//! Search over the real products: what people type, and what they mean.

use kernel::{Language, Limit, UserType};

use super::{Selection, Sort};
use crate::{View, testing::Shop};

async fn first_names(shop: &Shop, question: &str, language: Language, limit: u32) -> Vec<String> {
    let view = View { user_type: UserType::Individual, language };
    let selection = Selection {
        question: Some(question.to_owned()),
        limit: Limit::new(limit).unwrap(),
        ..Selection::default()
    };
    let listing = shop.catalog.listing(&selection, view).await.unwrap();
    listing.products.iter().map(|stocked| stocked.product.name.clone()).collect()
}

#[tokio::test]
async fn what_is_meant_comes_first() {
    let shop = Shop::real().await;
    for (language, question, expected) in [
        // Turkish, as it is written, without its letters, in capitals, misspelt, unfinished.
        (Language::Tr, "çiğ köfte", "Çiğ Köfte"),
        (Language::Tr, "cig kofte", "Çiğ Köfte"),
        (Language::Tr, "ÇİĞ KÖFTE", "Çiğ Köfte"),
        (Language::Tr, "sucuk dana", "Dana Sucuk"),
        (Language::Tr, "kasar peyniri", "Kaşar Peyniri"),
        (Language::Tr, "KAŞAR PEYNIRI", "Kaşar Peyniri"),
        (Language::Tr, "kirmizi mercimek", "Kırmızı Mercimek"),
        (Language::Tr, "kırmızı mercimk", "Kırmızı Mercimek"),
        (Language::Tr, "nar eksisi", "Nar Ekşisi"),
        (Language::Tr, "lahmacn", "Lahmacun"),
        (Language::Tr, "pastirma dana", "Dana Pastırma"),
        (Language::Tr, "tel kada", "Tel Kadayıf"),
        (Language::Tr, "beyaz peynr salamura", "Salamura Beyaz Peynir"),
        (Language::Tr, "ızgara peynir hellim", "Izgaralık Hellim Peyniri"),
        (Language::Tr, "domates salcasi", "Domates Salçası"),
        // Polish, likewise; and Turkish words asked by a reader of Polish.
        (Language::Pl, "ser pleciony", "Ser pleciony"),
        (Language::Pl, "SER OWCZY", "Ser owczy w solance (50% tłuszczu w s.m.)"),
        (Language::Pl, "soczewica czerwona", "Soczewica czerwona"),
        (Language::Pl, "soczewica czerwna", "Soczewica czerwona"),
        (Language::Pl, "ryz", "Ryż okrągłoziarnisty"),
        (Language::Pl, "maslo solone", "Masło solone"),
        (Language::Pl, "smietanka", "Kaymak – śmietanka do smarowania"),
        (Language::Pl, "ciecierzyc", "Ciecierzyca"),
        (Language::Pl, "syrop z granatu", "Syrop z granatu"),
        (Language::Pl, "nohut", "Ciecierzyca"),
        (Language::Pl, "barbunya", "Fasola borlotti"),
        // English, likewise; and a code.
        (Language::En, "chickpeas", "Chickpeas"),
        (Language::En, "chick peas", "Chickpeas"),
        (Language::En, "string cheese", "String Cheese"),
        (Language::En, "poporn", "Popcorn"),
        (Language::En, "KADAYIF", "Kadayıf Pastry Threads"),
        (Language::En, "pomegranate sirup", "Pomegranate Syrup"),
        (Language::En, "halloumi", "Halloumi Grill Cheese"),
        (Language::En, "soczewica zielona", "Green Lentils"),
        (Language::En, "1021", "Pomegranate Syrup"),
        (Language::En, "00946", "Riviera Olive Oil"),
    ] {
        let found = first_names(&shop, question, language, 5).await;
        assert_eq!(found.first().map(String::as_str), Some(expected), "{question}: {found:?}");
    }
}

#[tokio::test]
async fn case_and_accents_change_nothing() {
    let shop = Shop::real().await;
    for spellings in [
        ["çiğ köfte", "CIG KOFTE", "Çİğ köFTE", "cıg kofte"],
        ["yoğurt", "YOĞURT", "yogurt", "Yoǧurt"],
        ["kiełbasa czosnkowa", "KIELBASA CZOSNKOWA", "kiełbasa Czosnkowa", "kiełbasa  czosnkowa"],
        ["ışık ızgara", "isik izgara", "IŞIK IZGARA", "İŞİK İZGARA"],
    ] {
        let expected = first_names(&shop, spellings[0], Language::Tr, 100).await;
        for spelling in spellings {
            assert_eq!(first_names(&shop, spelling, Language::Tr, 100).await, expected, "{spelling}");
        }
    }
}

#[tokio::test]
async fn wildcards_are_ordinary_characters() {
    let shop = Shop::real().await;
    for question in ["%", "_", "*", "\\", "a%n", "';--", "(", ":*", "&|!", "🍞"] {
        let found = first_names(&shop, question, Language::Tr, 5).await;
        let words = question.chars().filter(|c| c.is_alphanumeric()).count();
        assert!(words > 0 || found.is_empty(), "{question}: {found:?}");
    }
    let percent = first_names(&shop, "ayran 100%", Language::Tr, 100).await;
    assert!(percent.iter().any(|name| name.contains("Ayran")), "{percent:?}");
    assert!(first_names(&shop, "xqxqxq zzyzzy", Language::Tr, 5).await.is_empty());
}

#[tokio::test]
async fn a_letter_begins_words_only_where_somebody_may_type_on() {
    let shop = Shop::real().await;
    let in_dry_matter = first_names(&shop, "ser s.m.", Language::Pl, 100).await;
    assert!(in_dry_matter.len() > 1, "{in_dry_matter:?}");
    for name in &in_dry_matter {
        assert!(name.contains("s.m."), "{name}");
    }
    for question in ["beyaz p", "BEYAZ P"] {
        let found = first_names(&shop, question, Language::Tr, 5).await;
        assert!(found.first().is_some_and(|name| name.contains("Beyaz Peynir")), "{question}: {found:?}");
    }
    assert!(!first_names(&shop, "ş", Language::Tr, 5).await.is_empty());
}

#[tokio::test]
async fn a_search_can_be_narrowed_sorted_and_walked() {
    let shop = Shop::real().await;
    let view = View { user_type: UserType::Individual, language: Language::Tr };
    let ask = async |selection: Selection| shop.catalog.listing(&selection, view).await.unwrap();
    let question = Some("peynir".to_owned());
    let all = ask(Selection { question: question.clone(), ..Selection::default() }).await;
    assert!(all.total > 40, "{}", all.total);
    for (slug, _, count) in &all.facets.categories {
        let filter = super::Filter { category: Some(slug.clone()), ..super::Filter::default() };
        let narrowed = ask(Selection { question: question.clone(), filter, ..Selection::default() }).await;
        assert_eq!(narrowed.total, *count, "{slug}");
    }
    for sort in [Sort::Relevance, Sort::Price, Sort::Name] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let selection = Selection {
                question: question.clone(),
                sort: Some(sort),
                limit: Limit::new(9).unwrap(),
                after,
                ..Selection::default()
            };
            let page = ask(selection).await;
            seen.extend(
                page.products.iter().map(|stocked| (stocked.product.price.amount(), stocked.product.id)),
            );
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), all.total, "{sort:?}");
        assert!(sort != Sort::Price || seen.is_sorted(), "{sort:?}");
        let mut once: Vec<_> = seen.iter().map(|(_, id)| *id).collect();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.total, "{sort:?}: each once");
    }
}

#[tokio::test]
async fn type_ahead_names_products_and_categories() {
    let shop = Shop::real().await;
    let view = View { user_type: UserType::Individual, language: Language::Tr };
    for (typed, product, category) in
        [("zeyt", "Zeytin", Some("zeytinler")), ("SÜT", "Süt", Some("sut-urunleri")), ("sucu", "Sucuk", None)]
    {
        let (products, categories) =
            shop.catalog.suggestions(typed, Limit::new(4).unwrap(), view).await.unwrap();
        assert_eq!(products.len(), 4, "{typed}");
        assert!(products[0].name.contains(product), "{typed}: {}", products[0].name);
        assert_eq!(categories.first().map(|c| c.slug.as_str()), category, "{typed}");
    }
}
