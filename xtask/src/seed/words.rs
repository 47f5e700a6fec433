//! The words that made-up products are named with: real goods of this trade, in the three languages side by side.

pub(super) struct Noun {
    pub(super) category: &'static str,
    pub(super) tr: &'static str,
    pub(super) en: &'static str,
    pub(super) pl: &'static str,
    /// Of this kind of food, in Poland.
    pub(super) vat_basis_points: u32,
    /// Gross price of half a kilogram or half a litre, in grosz.
    pub(super) half: u32,
    pub(super) unit: Unit,
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Gram,
    Millilitre,
}

/// A way of making it; the Polish one needs no agreement with the noun's gender.
pub(super) struct Style {
    pub(super) tr: &'static str,
    pub(super) en: &'static str,
    pub(super) pl: &'static str,
}

pub(super) const STYLES: &[Style] = &[
    style("Köy Usulü", "Village Style", "po wiejsku"),
    style("Ev Yapımı", "Homemade", "domowej roboty"),
    style("Organik", "Organic", "bio"),
    style("Anadolu", "Anatolian", "z Anatolii"),
    style("Ege", "Aegean", "znad Morza Egejskiego"),
    style("Karadeniz", "Black Sea", "znad Morza Czarnego"),
    style("Antep", "Antep Style", "z Antepu"),
    style("Premium", "Premium", "premium"),
    style("Acılı", "Spicy", "na ostro"),
    style("Az Tuzlu", "Low Salt", "z małą ilością soli"),
    style("Fıstıklı", "with Pistachio", "z pistacjami"),
    style("Cevizli", "with Walnut", "z orzechami włoskimi"),
    style("Susamlı", "with Sesame", "z sezamem"),
    style("Naneli", "with Mint", "z miętą"),
    style("Sarımsaklı", "with Garlic", "z czosnkiem"),
    style("Aile Boyu", "Family Pack", "w opakowaniu rodzinnym"),
];

pub(super) const BRANDS: &[&str] = &[
    "Bereket",
    "Çınar",
    "Ihlara",
    "Kervan",
    "Lezzet",
    "Marmara",
    "Nar",
    "Pınarbaşı",
    "Sofra",
    "Toros",
    "Yayla",
];

pub(super) const NOUNS: &[Noun] = &[
    milk("Beyaz Peynir", "White Cheese", "Ser biały solankowy", 1_899),
    milk("Kaşar Peyniri", "Kashar Cheese", "Ser kaszar", 2_499),
    milk("Tulum Peyniri", "Tulum Cheese", "Ser tulum", 3_199),
    milk("Örgü Peyniri", "Braided Cheese", "Ser pleciony", 2_299),
    milk("Süzme Yoğurt", "Strained Yoghurt", "Jogurt odsączony", 899),
    milk("Tereyağı", "Butter", "Masło", 1_999),
    drink("sut-urunleri", "Ayran", "Ayran", "Ajran", 500, 399),
    grain("Kırmızı Mercimek", "Red Lentils", "Soczewica czerwona", 549),
    grain("Nohut", "Chickpeas", "Ciecierzyca", 599),
    grain("Pilavlık Bulgur", "Coarse Bulgur", "Kasza bulgur gruba", 499),
    grain("Kuru Fasulye", "White Beans", "Fasola biała", 699),
    grain("Baldo Pirinç", "Baldo Rice", "Ryż baldo", 799),
    meat("Sucuk", "Beef Sausage", "Kiełbasa sucuk", 2_999),
    meat("Pastırma", "Cured Beef", "Wołowina pastirma", 5_999),
    meat("Dana Kıyma", "Minced Beef", "Wołowina mielona", 2_199),
    meat("Köfte", "Meatballs", "Kotleciki köfte", 2_399),
    meat("Tavuk Döner", "Chicken Doner", "Kebab z kurczaka", 1_999),
    paste("Domates Salçası", "Tomato Paste", "Koncentrat pomidorowy", 799),
    paste("Biber Salçası", "Pepper Paste", "Pasta paprykowa", 899),
    paste("Acuka", "Muhammara Spread", "Pasta muhammara", 1_099),
    paste("Patlıcan Ezmesi", "Aubergine Spread", "Pasta z bakłażana", 999),
    dough("Yufka", "Filo Leaves", "Ciasto filo", 699),
    dough("Su Böreği", "Layered Cheese Pastry", "Börek warstwowy", 1_799),
    dough("Kadayıf", "Shredded Pastry", "Ciasto kadayif", 899),
    dough("Lavaş", "Flatbread", "Chlebek lawasz", 499),
    dough("Baklava", "Baklava", "Baklawa", 2_499),
    olive("Siyah Zeytin", "Black Olives", "Oliwki czarne", 1_499),
    olive("Yeşil Zeytin", "Green Olives", "Oliwki zielone", 1_399),
    olive("Kırma Zeytin", "Cracked Olives", "Oliwki łamane", 1_599),
    other("Çiçek Balı", "Blossom Honey", "Miód kwiatowy", 500, 2_199),
    other("Pul Biber", "Chilli Flakes", "Płatki chili", 800, 1_799),
    other("Tahin", "Tahini", "Pasta tahini", 500, 1_599),
    other("Bergamotlu Çay", "Bergamot Tea", "Herbata z bergamotką", 2_300, 1_899),
    drink("diger-urunler", "Şalgam Suyu", "Turnip Juice", "Sok z rzepy", 500, 549),
];

const fn style(tr: &'static str, en: &'static str, pl: &'static str) -> Style {
    Style { tr, en, pl }
}

const fn food(
    category: &'static str,
    names: [&'static str; 3],
    vat_basis_points: u32,
    half: u32,
    unit: Unit,
) -> Noun {
    let [tr, en, pl] = names;
    Noun { category, tr, en, pl, vat_basis_points, half, unit }
}

const fn milk(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("sut-urunleri", [tr, en, pl], 500, half, Unit::Gram)
}

const fn grain(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("bakliyat", [tr, en, pl], 500, half, Unit::Gram)
}

const fn meat(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("et-urunleri", [tr, en, pl], 500, half, Unit::Gram)
}

const fn paste(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("salca-ve-ezmeler", [tr, en, pl], 500, half, Unit::Gram)
}

const fn dough(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("unlu-mamuller", [tr, en, pl], 500, half, Unit::Gram)
}

const fn olive(tr: &'static str, en: &'static str, pl: &'static str, half: u32) -> Noun {
    food("zeytinler", [tr, en, pl], 500, half, Unit::Gram)
}

const fn other(tr: &'static str, en: &'static str, pl: &'static str, vat: u32, half: u32) -> Noun {
    food("diger-urunler", [tr, en, pl], vat, half, Unit::Gram)
}

const fn drink(
    category: &'static str,
    tr: &'static str,
    en: &'static str,
    pl: &'static str,
    vat: u32,
    half: u32,
) -> Noun {
    food(category, [tr, en, pl], vat, half, Unit::Millilitre)
}
