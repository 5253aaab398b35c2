"""What tables print where nobody looks at a terminal."""

from glotmill.cli import show


def test_an_address_over_a_table_is_one_line_however_long_it_is(capsys) -> None:
    address = "/corpora/[azken]/" + "liburutegia/" * 30 + "1.0.0"
    show.table(address, ("urratsa", "in"), [("ไฟล์", 1200)])
    assert capsys.readouterr().out.splitlines() == [address, "urratsa     in", "ไฟล์      1,200"]
