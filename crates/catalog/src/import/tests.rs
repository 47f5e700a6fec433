//! Imports and exports against a real PostgreSQL.

use std::io::Write as _;

use chrono::TimeDelta;
use kernel::{Clock as _, Expected, Limit, id::ImportId};

use super::{Kind, Outcome, Report, columns::COLUMNS, service};
use crate::{
    CatalogError,
    admin::tests::{actor, cheese},
    testing::Shop,
};

const GOOD: &str = "\
code,category,brand,size,quantity_per_box,name_tr,name_en,name_pl,price_individual,price_corporate,min_quantity_corporate,vat_rate,badges
N1,sut,Unlika,500g,12,Beyaz Peynir,White Cheese,Ser biały,19.99,17.50,6,5,halal|vegetarian
N2,sut,Unlika,1kg,6,Kaşar,Kashkaval,Kaszkawał,\"35,9\",,,5,
";

fn outcomes(report: &Report) -> Vec<(usize, String)> {
    let told = |outcome: &Outcome| match outcome {
        Outcome::Created => "created".to_owned(),
        Outcome::Unchanged => "unchanged".to_owned(),
        Outcome::Changed(columns) => format!("changed {}", columns.join(" ")),
        Outcome::Refused(errors) => {
            let errors: Vec<_> = errors.iter().map(|e| format!("{}:{}", e.field, e.code)).collect();
            format!("refused {}", errors.join(" "))
        }
    };
    report.lines.iter().map(|line| (line.row, told(&line.outcome))).collect()
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, CatalogError>) -> (usize, Vec<String>) {
    let Err(CatalogError::ImportRefused { rows, first }) = answer else { panic!("{answer:?}") };
    (rows, first.into_iter().map(|e| format!("{}:{}", e.field, e.code)).collect())
}

/// The whole file as it is streamed.
async fn export(shop: &Shop) -> String {
    let (mut file, mut after) = (service::header().unwrap(), None);
    while let Some((last, piece)) = shop.catalog.export_after(after).await.unwrap() {
        file.extend(piece);
        after = Some(last);
    }
    String::from_utf8(file).unwrap()
}

async fn products(shop: &Shop) -> Vec<String> {
    let everything = "select p.code, p.slug, p.brand, p.size, p.active, p.badges, p.version,
         (select array_agg((t.language, t.name) order by t.language) from catalog.product_translations t
          where t.product_id = p.id) as names,
         (select array_agg((o.user_type, o.gross_amount, o.min_quantity) order by o.user_type)
          from catalog.product_prices o where o.product_id = p.id and o.valid_to is null) as prices
         from catalog.products p order by p.code";
    shop.db.lines(everything).await
}

#[tokio::test]
async fn a_file_is_tried_taken_over_and_undone() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let (catalog, actor) = (&shop.catalog, actor(&shop));
    let tried = catalog.try_import(Kind::Csv, GOOD.into()).await.unwrap();
    assert_eq!(outcomes(&tried), [(2, "created".to_owned()), (3, "created".to_owned())]);
    assert!(products(&shop).await.is_empty(), "a dry run writes nothing");

    let (first, report) = catalog.import(actor, Kind::Csv, GOOD.into()).await.unwrap();
    assert_eq!((outcomes(&report), first.created, first.changed), (outcomes(&tried), 2, 0));
    assert_eq!(
        products(&shop).await,
        [
            "(N1,white-cheese-500g-n1,Unlika,500g,t,\"{halal,vegetarian}\",1,\"{\"\"(en,\\\\\"\"White Cheese\\\\\"\")\"\",\"\"(pl,\\\\\"\"Ser biały\\\\\"\")\"\",\"\"(tr,\\\\\"\"Beyaz Peynir\\\\\"\")\"\"}\",\"{\"\"(corporate,1750,6)\"\",\"\"(individual,1999,1)\"\"}\")",
            "(N2,kashkaval-1kg-n2,Unlika,1kg,t,{},1,\"{\"\"(en,Kashkaval)\"\",\"\"(pl,Kaszkawał)\"\",\"\"(tr,Kaşar)\"\"}\",\"{\"\"(individual,3590,1)\"\"}\")",
        ]
    );
    let before = products(&shop).await;

    shop.clock.advance(TimeDelta::days(1));
    let changes = "code;price_individual;badges;brand\nN1;21,50;halal|vegetarian;Unlika\nN2;35.90;spicy;\n";
    let (second, report) = catalog.import(actor, Kind::Csv, changes.into()).await.unwrap();
    assert_eq!(
        outcomes(&report),
        [(2, "changed price_individual".to_owned()), (3, "changed brand badges".to_owned())]
    );
    assert_eq!((second.created, second.changed), (0, 2));
    assert_ne!(products(&shop).await, before);
    // The same again changes nothing.
    shop.clock.advance(TimeDelta::seconds(1));
    let (third, report) = catalog.import(actor, Kind::Csv, changes.into()).await.unwrap();
    assert_eq!(outcomes(&report), [(2, "unchanged".to_owned()), (3, "unchanged".to_owned())]);
    assert_eq!((third.created, third.changed), (0, 0));

    shop.clock.advance(TimeDelta::days(1));
    let undone = catalog.undo_import(actor, second.id).await.unwrap();
    assert_eq!(undone.undone_at, Some(shop.clock.now()));
    let versions_aside = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().map(|line| line.replace(",1,\"{", ",_,\"{").replace(",3,\"{", ",_,\"{")).collect()
    };
    assert_eq!(versions_aside(products(&shop).await), versions_aside(before));
    let again = catalog.undo_import(actor, second.id).await.unwrap();
    assert_eq!(again, undone);

    let since = catalog.undo_import(actor, first.id).await;
    assert!(matches!(since, Err(CatalogError::ChangedSinceImport { codes }) if codes == ["N1", "N2"]));
    let nobodys = ImportId::generate(shop.clock.now());
    assert!(matches!(catalog.undo_import(actor, nobodys).await, Err(CatalogError::ImportNotFound)));
    let listed = catalog.imports(None, Limit::default()).await.unwrap();
    assert_eq!(listed.iter().map(|import| import.id).collect::<Vec<_>>(), [third.id, second.id, first.id]);
    assert_eq!(
        shop.db.lines("select action from audit.entries order by at, id").await,
        ["(import.apply)", "(import.apply)", "(import.apply)", "(import.undo)"]
    );
}

#[tokio::test]
async fn what_an_undone_import_made_is_not_sold_any_more() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let actor = actor(&shop);
    let (import, _) = shop.catalog.import(actor, Kind::Csv, GOOD.into()).await.unwrap();
    shop.catalog.undo_import(actor, import.id).await.unwrap();
    assert_eq!(shop.db.number("select count(*) from catalog.products where active").await, 0);
    assert_eq!(shop.db.number("select count(*) from catalog.import_changes").await, 0);
}

#[tokio::test]
async fn the_last_twenty_imports_can_be_undone() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let actor = actor(&shop);
    let mut imports = Vec::new();
    for n in 0..21 {
        shop.clock.advance(TimeDelta::seconds(1));
        let file = GOOD.replace("N1", &format!("A{n}")).replace("N2", &format!("B{n}"));
        imports.push(shop.catalog.import(actor, Kind::Csv, file.into()).await.unwrap().0);
    }
    assert!(matches!(shop.catalog.undo_import(actor, imports[0].id).await, Err(CatalogError::ImportTooOld)));
    shop.catalog.undo_import(actor, imports[1].id).await.unwrap();
}

#[tokio::test]
async fn one_bad_row_changes_nothing_and_says_where_and_why() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let actor = actor(&shop);
    shop.catalog.create_product(actor, cheese("EZ1", "sut")).await.unwrap();
    let before = products(&shop).await;
    for (row, told) in [
        ("N3,sut,,,x,Ad,,,1,,,5,", vec!["rows[4].quantity_per_box:INVALID"]),
        ("N3,et,,,1,Ad,,,1,,,5,", vec!["rows[4].category:NOT_FOUND"]),
        ("N3,sut,,,1,,,,1,,,5,", vec!["rows[4].name_tr:REQUIRED"]),
        ("N3,sut,,,1,Ad,,,1.999,,,5,", vec!["rows[4].price_individual:INVALID"]),
        ("N3,sut,,,1,Ad,,,0,,,7,", vec!["rows[4].price_individual:RANGE", "rows[4].vat_rate:INVALID"]),
        ("N3,sut,,,1,Ad,,,1,,,5,cheap", vec!["rows[4].badges:INVALID"]),
        ("N1,sut,,,1,Ad,,,1,,,5,", vec!["rows[4].code:REPEATED"]),
        (",sut,,,1,Ad,,,1,,,5,", vec!["rows[4].code:REQUIRED"]),
        ("N3,sut,,,1,Ad,,,1,,,5,,what", vec!["rows[4].:STRAY"]),
        (
            "N3",
            vec![
                "rows[4].category:REQUIRED",
                "rows[4].name_tr:REQUIRED",
                "rows[4].price_individual:REQUIRED",
                "rows[4].quantity_per_box:REQUIRED",
                "rows[4].vat_rate:REQUIRED",
            ],
        ),
    ] {
        let file = format!("{GOOD}{row}\n");
        let told: Vec<_> = told.into_iter().map(str::to_owned).collect();
        assert_eq!(
            refusal(shop.catalog.import(actor, Kind::Csv, file.clone().into()).await),
            (1, told),
            "{row}"
        );
        let tried = shop.catalog.try_import(Kind::Csv, file.into()).await.unwrap();
        assert_eq!(outcomes(&tried)[..2], [(2, "created".to_owned()), (3, "created".to_owned())]);
        assert!(outcomes(&tried)[2].1.starts_with("refused"), "{row}");
    }
    // A slug that the file would give two products, or that another one has.
    let slugs = "code,slug,category,quantity_per_box,name_tr,price_individual,vat_rate\n\
                 S1,ezine-cheese-600g-ez1,sut,1,Ad,1,5\nS2,same,sut,1,Ad,1,5\nS3,same,sut,1,Ad,1,5\n";
    let told = ["rows[2].slug:TAKEN".to_owned(), "rows[4].slug:TAKEN".to_owned()];
    assert_eq!(refusal(shop.catalog.import(actor, Kind::Csv, slugs.into()).await), (2, told.to_vec()));
    assert_eq!(products(&shop).await, before);
    assert_eq!(shop.db.number("select count(*) from catalog.imports").await, 0);
}

#[tokio::test]
async fn a_header_is_understood_or_refused() {
    let shop = Shop::new().await;
    let header = async |header: &str| match shop.catalog.try_import(Kind::Csv, header.into()).await {
        Err(CatalogError::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.code)).collect(),
        other => panic!("{other:?}"),
    };
    let refused: Vec<(String, &str)> = header("brand,Brand,prize\n").await;
    let told = [("brand", "DUPLICATE"), ("prize", "UNKNOWN"), ("code", "REQUIRED")];
    assert_eq!(refused, told.map(|(column, code)| (column.to_owned(), code)));
    assert_eq!(header("").await, [("code".to_owned(), "REQUIRED")]);
    let unreadable = shop.catalog.try_import(Kind::Xlsx, b"PK\x03\x04".to_vec()).await;
    assert!(matches!(unreadable, Err(CatalogError::FileUnreadable(_))));
}

#[tokio::test]
async fn an_export_is_an_import_that_changes_nothing() {
    let shop = Shop::real().await;
    let actor = actor(&shop);
    let mut odd = cheese("ODD", "sut-urunleri");
    odd.brand = "=HYPERLINK(\"http://example.com\")".to_owned();
    odd.manufacturer = "'-5; \"quoted\", and\nso on".replace('\n', " ");
    odd.size = "-5".to_owned();
    odd.texts.values_mut().for_each(|t| t.description = "@one\n+two".to_owned());
    odd.offers.corporate = crate::admin::draft::Offer::default();
    let odd = shop.catalog.create_product(actor, odd).await.unwrap();
    let file = export(&shop).await;
    let header = file.lines().next().unwrap().trim_start_matches('\u{feff}');
    assert_eq!(header, COLUMNS.map(|(name, _)| name).join(","));
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let cells: Vec<String> =
        reader.records().flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(cells.len(), 210 * COLUMNS.len());
    assert!(!cells.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));

    let (import, report) = shop.catalog.import(actor, Kind::Csv, file.clone().into()).await.unwrap();
    assert!(report.lines.iter().all(|line| line.outcome == Outcome::Unchanged));
    assert_eq!((import.rows, import.created, import.changed), (210, 0, 0));

    // And into an empty shop: the same products.
    let other = Shop::new().await;
    for slug in shop.catalog.categories(crate::testing::INDIVIDUAL).await.unwrap() {
        other.category(&slug.slug, 1).await;
    }
    other.catalog.import(actor, Kind::Csv, file.clone().into()).await.unwrap();
    assert_eq!(export(&other).await, file);
    let _ = shop.catalog.change_product(actor, (odd.sheet.id, Expected::Any), odd.sheet.draft).await.unwrap();
}

/// A workbook of one sheet, whose rows are given as XML.
fn workbook(rows: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let package = "http://schemas.openxmlformats.org/package/2006";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    part(
        "[Content_Types].xml",
        &format!(
            "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
        ),
    );
    part(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
        ),
    );
    part(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
        ),
    );
    part(
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
    );
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_workbook_is_read_like_a_csv() {
    let shop = Shop::new().await;
    shop.category("sut", 1).await;
    let text = |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let number = |at: &str, number: &str| format!("<c r=\"{at}\"><v>{number}</v></c>");
    let header =
        ["code", "category", "quantity_per_box", "name_tr", "price_individual", "vat_rate", "active"];
    let header: String =
        "ABCDEFG".chars().zip(header).map(|(column, name)| text(&format!("{column}1"), name)).collect();
    let row = [
        number("A4", "105"),
        text("B4", "sut"),
        number("C4", "12"),
        text("D4", "Beyaz Peynir"),
        number("E4", "19.989999999999998"),
        number("F4", "5"),
        "<c r=\"G4\" t=\"b\"><v>1</v></c>".to_owned(),
    ];
    let book = |price: &str| {
        let cells = row.concat().replace("19.989999999999998", price);
        workbook(&format!("<row r=\"1\">{header}</row><row r=\"4\">{cells}</row>"))
    };
    let report = shop.catalog.try_import(Kind::Xlsx, book("19.99")).await.unwrap();
    assert_eq!(outcomes(&report), [(4, "created".to_owned())]);
    let report = shop.catalog.try_import(Kind::Xlsx, book("19.989")).await.unwrap();
    assert_eq!(outcomes(&report), [(4, "refused price_individual:INVALID".to_owned())]);

    // A cell far away takes no memory, and no time.
    let far =
        workbook(&format!("<row r=\"1\">{header}</row><row r=\"1048576\">{}</row>", text("XFD1048576", "x")));
    assert!(shop.catalog.try_import(Kind::Xlsx, far).await.is_err());
    // Nor does a sheet that unpacks to a thousand times its size.
    let bomb = workbook(&" ".repeat(200 * 1024 * 1024));
    assert!(bomb.len() < 1024 * 1024);
    let refused = shop.catalog.try_import(Kind::Xlsx, bomb).await;
    assert!(matches!(refused, Err(CatalogError::FileUnreadable(told)) if told.contains("unpacks")));
}
