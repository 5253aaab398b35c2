"""What is held out of a text, and the texts that are cut from it."""

from glotmill.text.identification.holding import cut, held_out


def test_whole_sources_are_held_out_the_small_ones_first():
    sources = ["news"] * 50 + ["blog"] * 20 + ["letters"] * 8 + ["menu"] * 2
    held = held_out(list(range(80)), sources)
    assert (held.by, held.sources) == ("source", 4)
    assert {sources[place] for place in held.places} == {"menu", "letters", "blog"}
    assert len(held.places) == 30


def test_where_sources_would_hold_out_nearly_nothing_or_nearly_all_every_fifth_document_is():
    keys = [(7919 * place) % 1000 for place in range(100)]
    for sources in ([""] * 100, ["one"] * 100, ["one"] * 97 + ["two"] * 3, ["one"] * 50 + ["two"] * 50):
        held = held_out(keys, sources)
        assert (held.by, len(held.places)) == ("document", 20), sources
    order = sorted(range(100), key=keys.__getitem__)
    assert list(held_out(keys, [""] * 100).places) == order[::5]
    assert held_out([5], [""]).places == ()
    assert held_out([], []).places == ()


def test_texts_begin_with_a_word_and_are_as_long_as_asked():
    documents = ["Arratsaldean amonak sagar tarta\n\n egin zuen.", "Haurrek dena jan dute."] * 40
    texts = cut(documents, 30)
    assert len(texts) == 87
    assert {len(text) for text in texts} <= {29, 30}
    words = set(" ".join(documents).split())
    assert all(text.split()[0] in words for text in texts)
    assert len(cut(documents * 20, 30)) == 300
    assert cut(["ภาษาไทยไม่เว้นวรรค" * 4], 60) == [("ภาษาไทยไม่เว้นวรรค" * 4)[:60]]
    assert cut([], 30) == cut(["laburra"], 30) == []
