//! The seed against a real `PostgreSQL`, in a database of its own made from this checkout's migrations.

use std::env;
use std::fs;
use std::path::PathBuf;

use postgres::Client;

use super::load::load;
use super::rows::{Category, Product};
use super::synthetic;
use crate::{cluster, workspace};

/// A migrated database that is dropped with this value.
struct Database {
    name: String,
    server: String,
    client: Option<Client>,
}

impl Database {
    fn new(what: &str) -> Self {
        let server = env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL is not set: run the tests by `cargo xtask test -p xtask`");
        let server = server.trim_end_matches('/').to_owned();
        let name = format!("xtask_{what}_{}", std::process::id());
        let mut admin = cluster::connect(&format!("{server}/postgres")).unwrap();
        admin.batch_execute(&format!("create database {name}")).unwrap();
        let mut client = cluster::connect(&format!("{server}/{name}")).unwrap();
        for folder in migrations() {
            let up = fs::read_to_string(folder.join("up.sql")).unwrap();
            client.batch_execute(&up).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
        Self { name, server, client: Some(client) }
    }

    fn client(&mut self) -> &mut Client {
        self.client.as_mut().unwrap()
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).unwrap().get(0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.client = None;
        if let Ok(mut admin) = cluster::connect(&format!("{}/postgres", self.server)) {
            drop(admin.batch_execute(&format!("drop database {} with (force)", self.name)));
        }
    }
}

fn migrations() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace::root().join("migrations")).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.join("up.sql").is_file()).collect();
    folders.sort();
    folders
}

fn categories() -> Vec<Category> {
    let category = |slug: &str| Category {
        slug: slug.to_owned(),
        position: 1,
        name_tr: slug.to_owned(),
        name_en: slug.to_owned(),
        name_pl: slug.to_owned(),
    };
    let slugs = ["sut-urunleri", "bakliyat", "et-urunleri", "salca-ve-ezmeler", "unlu-mamuller", "zeytinler"];
    slugs.into_iter().chain(["diger-urunler"]).map(category).collect()
}

fn products(count: u32) -> Vec<Product> {
    (1..=count).map(synthetic::product).collect()
}

#[test]
fn seeding_again_adds_only_what_is_new_and_leaves_the_rest_alone() {
    let mut database = Database::new("again");
    let categories = categories();
    assert_eq!(load(database.client(), &categories, &products(20)).unwrap(), 20);
    database
        .client()
        .batch_execute("update catalog.products set brand = 'Ours' where code = 'S000003'")
        .unwrap();
    database
        .client()
        .batch_execute("delete from catalog.product_translations where language = 'pl'")
        .unwrap();
    assert_eq!(load(database.client(), &categories, &products(30)).unwrap(), 10);
    assert_eq!(database.number("select count(*) from catalog.products where brand = 'Ours'"), 1);
    assert_eq!(database.number("select count(*) from catalog.product_translations"), 20 * 2 + 10 * 3);
    assert_eq!(database.number("select count(*) from catalog.product_prices where valid_to is null"), 60);
    assert_eq!(load(database.client(), &categories, &products(30)).unwrap(), 0);
}

#[test]
fn the_stock_of_the_seed_is_the_first_link_of_its_chain_of_movements() {
    let mut database = Database::new("chain");
    load(database.client(), &categories(), &products(100)).unwrap();
    let broken = database.number(
        "select count(*) from inventory.stock s
         left join inventory.stock_movements m on m.sku_id = s.sku_id and m.version = s.version
         where m.on_hand_after is distinct from s.on_hand or m.d_on_hand is distinct from s.on_hand
            or m.reserved_after is distinct from 0 or s.version <> 1",
    );
    assert_eq!((broken, database.number("select count(*) from inventory.stock")), (0, 100));
}

#[test]
fn a_product_in_an_unknown_category_stops_the_seed_and_nothing_is_kept() {
    let mut database = Database::new("homeless");
    let mut products = products(3);
    products[1].category = "toys".to_owned();
    let error = load(database.client(), &categories(), &products).unwrap_err();
    assert!(error.to_string().contains("unknown category toys"), "{error}");
    assert_eq!(database.number("select count(*) from catalog.products"), 0);
}
