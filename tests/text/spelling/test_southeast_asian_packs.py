"""Thai, Lao and Khmer spelling: one order of marks, one piece per vowel; stretched words and subscripts stay."""

import pytest

from glotmill.text.spelling.packs import PACKS


@pytest.mark.parametrize(
    ("pack", "before", "after"),
    [
        ("thai_marks", "นํ้าใส", "น้ำใส"),
        ("thai_marks", "น้ํา คํา", "น้ำ คำ"),
        ("thai_marks", "นำ้ตก", "น้ำตก"),
        ("thai_marks", "ข้างบา้น คะ่", "ข้างบ้าน ค่ะ"),
        ("thai_marks", "ก\u0e48\u0e34น ท\u0e49\u0e35", "กิ่น ที้"),
        ("thai_marks", "ส\u0e34\u0e4c\u0e4c ด\u0e35\u0e35", "สิ์ ดี"),
        ("thai_marks", "เเม่เเละเเมว", "แม่และแมว"),
        ("thai_marks", "ศักด\u0e4c\u0e34สิทธ\u0e4c\u0e34", "ศักดิ์สิทธิ์"),
        ("lao_marks", "ນໍ້າ ຄໍາ", "ນ້ຳ ຄຳ"),
        ("lao_marks", "ເເມ່ ກ\u0ec8\u0eb4ນ", "ແມ່ ກິ່ນ"),
        ("lao_marks", "ບາ້ນ", "ບ້ານ"),
        ("khmer_marks", "ក\u17c1\u17b8ត ក\u17c1\u17b6ះ", "កើត កោះ"),
        ("khmer_marks", "ច\u17c6\u17b6 ញ\u17b6\u17c9\u17c6", "ចាំ ញ៉ាំ"),
        ("khmer_marks", "\u17a3ក្សរ \u17a4ហារ", "អក្សរ អាហារ"),
        ("khmer_marks", "ភ\u17bc\u17bcម\u17b7\u17b7", "ភូមិ"),
        ("khmer_marks", "ធម\u17b6\u17cc", "ធម៌ា"),
    ],
)
def test_two_spellings_become_one(pack: str, before: str, after: str) -> None:
    assert PACKS[pack](before) == after


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("thai_marks", "วันนี้น้ำในแม่น้ำใสมาก เด็กๆ จึงลงไปว่ายน้ำเล่น ค่ะ"),
        ("thai_marks", "มากกกกก จ้าาาา ดีใจจจจ ฮ่าๆๆๆ"),
        ("thai_marks", "สิทธิ์ ศักดิ์ เสน่ห์ พันธุ์ ทิพย์"),
        ("thai_marks", "พุทฺธํ สรณํ คจฺฉามิ"),
        ("thai_marks", "ນໍ້າ เ ເ"),
        ("lao_marks", "ວັນນີ້ນ້ຳໃສຫຼາຍ ເດັກນ້ອຍຈຶ່ງລົງໄປຫຼິ້ນ ບໍ່"),
        ("lao_marks", "ปลานํ้า"),
        ("khmer_marks", "វាលស្រែនៅជិតភូមិខ្ញុំមានពណ៌បៃតងស្រស់ណាស់។"),
        ("khmer_marks", "ញ៉ាំបាយ ស៊ី ប៉ុន្តែ ប៊ិច ធម៌ ទាំងអស់ ព្រះ កោះ"),
        ("khmer_marks", "ប៊\u200cី ស្ត្រី ក្រ្តា"),
    ],
)
def test_what_is_written_on_purpose_stays(pack: str, text: str) -> None:
    assert PACKS[pack](text) == text
