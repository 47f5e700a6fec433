//! Stripe's form encoding: `amount=2999&metadata[order_id]=…&payment_method_types[0]=card`.

use std::collections::BTreeMap;

use crate::error::ApiError;

/// The parameters of a request, decoded, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        serde_urlencoded::from_bytes(bytes)
            .map(Self)
            .map_err(|error| ApiError::unreadable(format!("The parameters cannot be read: {error}")))
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// A single parameter without marking it as read, for what precedes the operation itself.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { unread: self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect() }
    }
}

/// Takes parameters out one by one, so that what is left over can be refused as Stripe does.
pub(crate) struct Reader<'a> {
    unread: Vec<(&'a str, &'a str)>,
}

impl<'a> Reader<'a> {
    /// The value of a parameter; an empty one is an absent one, as at Stripe.
    pub(crate) fn text(&mut self, name: &str) -> Option<&'a str> {
        self.drain(|found| (found == name).then_some(()))
            .pop()
            .map(|((), value)| value)
            .filter(|v| !v.is_empty())
    }

    pub(crate) fn required(&mut self, name: &str) -> Result<&'a str, ApiError> {
        self.text(name).ok_or_else(|| ApiError::missing_parameter(name))
    }

    pub(crate) fn integer<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let parsed = text.parse().map_err(|_| {
            ApiError::parameter(name, "parameter_invalid_integer", format!("Invalid integer: {text}"))
        })?;
        Ok(Some(parsed))
    }

    /// `name[]=a&name[]=b` and `name[0]=a&name[1]=b`.
    pub(crate) fn list(&mut self, name: &str) -> Vec<&'a str> {
        let taken = self.drain(|found| {
            key_within(found, name).filter(|index| index.bytes().all(|b| b.is_ascii_digit())).map(drop)
        });
        taken.into_iter().map(|((), value)| value).collect()
    }

    /// `name[key]=value`; of a key sent twice the last value counts.
    pub(crate) fn map(&mut self, name: &str) -> BTreeMap<String, String> {
        let taken = self.drain(|found| key_within(found, name));
        taken.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Refuses what nobody has read: a misspelt parameter must not pass silently.
    pub(crate) fn finish(self, known_at_stripe: &[&str]) -> Result<(), ApiError> {
        let Some((name, _)) = self.unread.first() else { return Ok(()) };
        let root = name.split('[').next().unwrap_or(name);
        let message = if known_at_stripe.contains(&root) {
            format!("The stand-in does not support the parameter {name}.")
        } else {
            format!("Received unknown parameter: {name}")
        };
        Err(ApiError::parameter(name, "parameter_unknown", message))
    }

    fn drain<K>(&mut self, select: impl Fn(&'a str) -> Option<K>) -> Vec<(K, &'a str)> {
        let mut taken = Vec::new();
        self.unread.retain(|(name, value)| match select(name) {
            Some(key) => {
                taken.push((key, *value));
                false
            }
            None => true,
        });
        taken
    }
}

fn key_within<'a>(found: &'a str, name: &str) -> Option<&'a str> {
    found.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn lists_maps_and_texts_are_read_and_the_rest_is_refused() {
        let form =
            Form::parse(b"amount=2999&types[0]=card&types[]=blik&metadata[order_id]=o%201&empty=&amuont=1")
                .unwrap();
        let mut reader = form.reader();

        assert_eq!(reader.integer::<i64>("amount").unwrap(), Some(2999));
        assert_eq!(reader.list("types"), ["card", "blik"]);
        assert_eq!(reader.map("metadata").get("order_id").map(String::as_str), Some("o 1"));
        assert_eq!(reader.text("empty"), None);

        let refusal = reader.finish(&[]).unwrap_err();
        assert_eq!(refusal.body()["error"]["param"], "amuont");
    }
}
