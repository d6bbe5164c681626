"""What a Lao reader would stumble over at a page boundary, counted alike for our pages and for a naive slicer."""

from collections.abc import Sequence

from flows.text.lao import FOLLOW, LEAD, is_mark


def faults(pages: Sequence[str]) -> int:
    """Orphan marks, orphan following vowels and dangling leading vowels over all page boundaries."""
    starts = sum(1 for page in pages[1:] if page and (is_mark(page[0]) or page[0] in FOLLOW))
    ends = sum(1 for page in pages[:-1] if page and page[-1] in LEAD)
    return starts + ends


def naive(text: str, limit: int) -> list[str]:
    """The slicer that must not be used."""
    return [text[start : start + limit] for start in range(0, len(text), limit)]


def squeezed(text: str) -> str:
    """The text without what a page may drop at its edges."""
    return "".join(letter for letter in text if letter not in " \t\r\n\u00a0\u200b\u2060\ufeff")


P1 = (
    "ຄຳຮ້ອງຂໍແຈ້ງເກີດຂອງທ່ານໄດ້ຮັບແລ້ວ ເລກທີ BR-4821-7. ພະນັກງານຫ້ອງການປົກຄອງເມືອງຈະກວດສອບພາຍໃນ 5 ວັນ. "
    "ກະລຸນານຳເອົາປຶ້ມສຳມະໂນຄົວ ແລະ ໃບຢັ້ງຢືນການເກີດ ມາທີ່ບ້ານ ຫຼື ເມືອງ."
)
P3 = (
    "ພວກເຮົາຢາກໃຫ້ປະຊາຊົນຢູ່ເຂດຫ່າງໄກສອກຫຼີກສາມາດເຂົ້າເຖິງການບໍລິການຂອງລັດໄດ້ຢ່າງທົ່ວເຖິງແລະສະເໝີພາບກັນທຸກຄົນ"
    "ໂດຍສະເພາະແມ່ຍິງຊົນເຜົ່າແລະຜູ້ພິການທີ່ບໍ່ສາມາດເດີນທາງໄປຫາຫ້ອງການຂອງລັດໄດ້ດ້ວຍຕົນເອງ"
)
WORDS = [
    "ແຈ້ງເກີດ",
    "ໄດ້ຮັບ",
    "ເມືອງ",
    "ບ້ານ",
    "ປະຊາຊົນ",
    "ເລກທີ",
    "ນ້ຳ",
    "ຫຼວງພະບາງ",
    "ໂຮງຮຽນ",
    "ສຸຂະພາບ",
    "ກະສິກຳ",
    "ທຸລະກິດ",
    "ເຈົ້າໜ້າທີ່",
    "ຄຳຄິດເຫັນ",
    "ລາວໆ",
    "ໃບຢັ້ງຢືນ",
    "ປຶ້ມສຳມະໂນຄົວ",
    "ຂ້ອຍ",
    "ເກືອ",
    "ເດືອນ",
    "ໄກ່",
    "ແມ່",
    "ພໍ່",
    "ລູກ",
    "ວັນ",
    "ເວລາ",
    "ອາຍຸ",
    "ເພດ",
    "ຊື່",
    "ນາມສະກຸນ",
    "ຄ່າທຳນຽມ",
    "ກີບ",
]
