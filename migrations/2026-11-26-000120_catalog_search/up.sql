-- What people look for products by. Folding, splitting and the likeness of words are decided here and nowhere else.
create extension pg_trgm with schema catalog;

-- How a text is compared: without case, accents and the Turkish difference between i and ı.
create function catalog.fold(p_text text) returns text immutable strict parallel safe language sql as $$
    select lower(regexp_replace(
        normalize(translate(p_text, 'ıİIłŁøØđĐ', 'iiilloodd'), NFKD), '[\u0300-\u036f]', '', 'g'
    ) collate "und-x-icu")
$$;

-- The words of a text, folded, one space between them; whatever is neither letter nor digit parts them.
create function catalog.words(p_text text) returns text immutable strict parallel safe language sql as $$
    select trim(regexp_replace(catalog.fold(p_text), '[^[:alnum:]]+' collate "und-x-icu", ' ', 'g'))
$$;

alter table catalog.product_translations add column words text not null generated always as (catalog.words(name)) stored;
alter table catalog.category_translations add column words text not null generated always as (catalog.words(name)) stored;
alter table catalog.products
    add column other_words text not null generated always as (catalog.words(brand || ' ' || size)) stored,
    add column code_words text not null generated always as (catalog.words(code)) stored;
-- Codes that begin with what was typed.
create index products_code_prefix on catalog.products (code_words text_pattern_ops);

-- Every word that ever stood in a name: what is typed is completed and, misspelt, corrected from here. A shop's words
-- are few, however many its products. A word that no product has any more finds nothing.
create table catalog.search_words (
    word text primary key
);
create index search_words_prefix on catalog.search_words (word text_pattern_ops);
create index search_words_similar on catalog.search_words using gin (word catalog.gin_trgm_ops);

create function catalog.learn_words(p_texts text[]) returns void language sql as $$
    insert into catalog.search_words (word)
    select distinct w.word from unnest(p_texts) t (words), regexp_split_to_table(t.words, ' ') w (word)
    where w.word <> '' and not exists (select from catalog.search_words known where known.word = w.word)
    order by w.word
    on conflict do nothing
$$;

create function catalog.learn_names() returns trigger language plpgsql as $$
begin
    perform catalog.learn_words(array(select distinct words from changed));
    return null;
end $$;
create function catalog.learn_others() returns trigger language plpgsql as $$
begin
    perform catalog.learn_words(array(select distinct other_words from changed));
    return null;
end $$;
create trigger learn_insert after insert on catalog.product_translations
    referencing new table as changed for each statement execute function catalog.learn_names();
create trigger learn_update after update on catalog.product_translations
    referencing new table as changed for each statement execute function catalog.learn_names();
create trigger learn_insert after insert on catalog.category_translations
    referencing new table as changed for each statement execute function catalog.learn_names();
create trigger learn_update after update on catalog.category_translations
    referencing new table as changed for each statement execute function catalog.learn_names();
create trigger learn_insert after insert on catalog.products
    referencing new table as changed for each statement execute function catalog.learn_others();
create trigger learn_update after update on catalog.products
    referencing new table as changed for each statement execute function catalog.learn_others();

-- What each word of a question may stand for: words that begin with it, the shortest first; if there are none, those
-- that look like it; products whose code begins with it. `likeness` is 1 for the very word. Eight words are looked at;
-- one that stands for nothing is told with neither word nor product.
create function catalog.meanings(p_question text)
returns table (place int, word text, product_id uuid, likeness real) language sql stable as $$
    with asked as (
        select a.place::int, a.word, a.word || U&'\+10FFFF' as beyond
        from regexp_split_to_table(catalog.words(p_question), ' ') with ordinality a (word, place)
        where a.word <> '' limit 8
    ), begun as (
        select a.place, b.word, length(a.word)::real / length(b.word) as likeness
        from asked a
        cross join lateral (
            select w.word from catalog.search_words w
            where w.word ~>=~ a.word and w.word ~<~ a.beyond order by length(w.word), w.word limit 50
        ) b
    ), coded as (
        select a.place, c.id, length(a.word)::real / length(c.code_words) as likeness
        from asked a
        cross join lateral (
            select p.id, p.code_words from catalog.products p
            where p.code_words ~>=~ a.word and p.code_words ~<~ a.beyond order by p.code_words using ~<~ limit 50
        ) c
    ), alike as (
        select a.place, s.word, s.likeness
        from asked a
        cross join lateral (
            select w.word, catalog.similarity(w.word, a.word) as likeness from catalog.search_words w
            where w.word operator(catalog.%) a.word
            order by 2 desc, w.word limit 5
        ) s
        where length(a.word) > 2
          and a.place not in (select b.place from begun b) and a.place not in (select c.place from coded c)
    )
    select b.place, b.word, null::uuid, b.likeness from begun b
    union all select c.place, null, c.id, c.likeness from coded c
    union all select s.place, s.word, null, s.likeness from alike s
    union all select a.place, null, null, 0 from asked a
    where a.place not in (
        select b.place from begun b union select c.place from coded c union select s.place from alike s
    )
$$;

select catalog.learn_words(array(
    select words from catalog.product_translations union select words from catalog.category_translations
    union select other_words from catalog.products
));
