"""Words that break calendars which are joined by hand."""

VIETNAMESE = (
    "Cuộc họp điều phối liên ngành về phòng chống mua bán người: rà soát các cuộc gọi tới đường dây nóng, "
    "phân công hỗ trợ nạn nhân, lịch đào tạo cán bộ tuyến đầu; chuẩn bị báo cáo quý, thống nhất đầu mối liên lạc "
    "giữa các cơ quan, và xác nhận địa điểm, thời gian của buổi diễn tập chung tiếp theo tại thành phố Kansas City."
)
AWKWARD = [
    "commas, semicolons; and \\ and \\n",
    "END:VEVENT",
    "BEGIN:VEVENT\nUID:x",
    "👩‍👩‍👧 café \U0001f6a8",
    '"^n^" \' <b>',
    VIETNAMESE,
]
